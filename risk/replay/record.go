package replay

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"
)

// Outcomes of an attempt.
const (
	Success = "success"
	Failure = "failure"
)

// Labels say what an event was. Only a generator, or somebody who looked into it, knows.
const (
	Genuine  = "genuine"
	Stuffing = "stuffing"
	Spraying = "spraying"
	Travel   = "travel"
	Takeover = "takeover"
)

// Labels lists the kinds of attack, in the order of reports.
func Labels() []string { return []string{Stuffing, Spraying, Travel, Takeover} }

// Event is one attempt to sign in: what a server sees of it.
type Event struct {
	Time    time.Time  `json:"time"`
	Person  string     `json:"person,omitempty"`  // pseudonym; "": nobody has the identifier that was typed
	Outcome string     `json:"outcome"`           // success or failure of the factor
	Address netip.Addr `json:"address"`           // of the browser
	Country string     `json:"country,omitempty"` // ISO 3166-1 alpha-2, if known
	ASN     uint32     `json:"asn,omitempty"`     // network operator, if known
	Lat     *float64   `json:"lat,omitempty"`     // degrees, if known
	Lon     *float64   `json:"lon,omitempty"`
	Agent   string     `json:"user_agent,omitempty"`
	Device  string     `json:"device,omitempty"` // id of the signed device cookie that came with the attempt; "": none
	Factor  string     `json:"factor,omitempty"` // password, passkey
	Client  string     `json:"client,omitempty"` // the application
}

// Record is a line: an event, and what it was if anybody says so.
type Record struct {
	Event
	Label string `json:"label,omitempty"`
}

const (
	maxLine = 8 << 10
	maxText = 512
)

// Reader reads records in order. It holds one line at a time.
type Reader struct {
	lines *bufio.Scanner
	line  int
	last  time.Time
}

// NewReader reads records from r.
func NewReader(r io.Reader) *Reader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 1024), maxLine)
	return &Reader{lines: s}
}

// Next is the next record; io.EOF when there is none. Any other error names the line.
func (r *Reader) Next() (Record, error) {
	for r.lines.Scan() {
		r.line++
		text := strings.TrimSpace(r.lines.Text())
		if text == "" {
			continue
		}
		rec, err := parse(text)
		if err == nil && rec.Time.Before(r.last) {
			err = errors.New("the time is before that of the line above")
		}
		if err != nil {
			return Record{}, fmt.Errorf("line %d: %w", r.line, err)
		}
		r.last = rec.Time
		return rec, nil
	}
	if err := r.lines.Err(); err != nil {
		return Record{}, fmt.Errorf("line %d: %w", r.line+1, err)
	}
	return Record{}, io.EOF
}

func parse(text string) (Record, error) {
	if !utf8.ValidString(text) {
		return Record{}, errors.New("it is not UTF-8")
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	var rec Record
	if err := dec.Decode(&rec); err != nil {
		return Record{}, fmt.Errorf("it is no event: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Record{}, errors.New("something follows the event")
	}
	return rec, rec.check()
}

// check refuses what no server can have seen.
func (r *Record) check() error {
	for name, text := range map[string]string{"person": r.Person, "user_agent": r.Agent, "device": r.Device, "factor": r.Factor, "client": r.Client, "label": r.Label} {
		if len(text) > maxText {
			return fmt.Errorf("%s is longer than %d bytes", name, maxText)
		}
	}
	switch {
	case r.Time.IsZero() || r.Time.Year() < 1970 || r.Time.Year() > 9999:
		return errors.New("time is missing, or out of range")
	case r.Outcome != Success && r.Outcome != Failure:
		return errors.New(`outcome is neither "success" nor "failure"`)
	case r.Outcome == Success && r.Person == "":
		return errors.New("nobody cannot have succeeded: person is missing")
	case !r.Address.IsValid() || r.Address.Zone() != "":
		return errors.New("address is missing, or no address")
	case !countryCode(r.Country):
		return errors.New("country is not two capital letters")
	}
	return r.checkPlace()
}

func (r *Record) checkPlace() error {
	if (r.Lat == nil) != (r.Lon == nil) {
		return errors.New("lat and lon go together")
	}
	if r.Lat != nil && (math.Abs(*r.Lat) > 90 || math.Abs(*r.Lon) > 180) {
		return errors.New("lat or lon is not on this planet")
	}
	return nil
}

func countryCode(s string) bool {
	if s == "" {
		return true
	}
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// Writer writes records.
type Writer struct {
	to  *bufio.Writer
	enc *json.Encoder
}

// NewWriter writes records to w. Flush at the end.
func NewWriter(w io.Writer) *Writer {
	to := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(to)
	enc.SetEscapeHTML(false)
	return &Writer{to: to, enc: enc}
}

// Write writes one record.
func (w *Writer) Write(r Record) error { return w.enc.Encode(r) }

// Flush writes what is held back.
func (w *Writer) Flush() error { return w.to.Flush() }
