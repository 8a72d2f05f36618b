package feeds

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha1" //nolint:gosec // what the collections are keyed by; no security rests on it
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

const (
	prefixDigits = 5
	rangeMost    = 512 << 10 // a padded answer has some 1,000 lines of 40 bytes
	rangesKept   = 256
	rangeFresh   = 24 * time.Hour
	rangeAsks    = 4 // at a time
)

// Stolen knows which passwords are in collections of stolen ones: by a file, or by asking Pwned Passwords for all sums that begin alike.
type Stolen struct {
	c    Passwords
	d    Deps
	file *sums
	base string
	work chan job

	mu      sync.Mutex
	kept    map[string]suffixes
	ring    []string
	next    int
	answers int // so far
	resting time.Time
}

type suffixes struct {
	of    []string // sorted, 35 digits
	until time.Time
}

// job is a question whose answer nobody waits for.
type job struct {
	sum  string
	then func(stolen bool)
}

func newStolen(c Passwords, d Deps) (*Stolen, error) {
	s := &Stolen{
		c: c, d: d, base: strings.TrimSuffix(cmp.Or(c.URL, "https://api.pwnedpasswords.com"), "/"), work: make(chan job, mostWaiting), kept: map[string]suffixes{},
	}
	if c.Wait == 0 {
		s.c.Wait = time.Second
	}
	var err error
	if c.File != "" {
		s.file, err = openSums(c.File)
	}
	return s, err
}

func (s *Stolen) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.close()
}

// On reports whether there is anything to look in.
func (s *Stolen) On() bool { return s.file != nil || s.c.Online }

// SumOf is what a password is looked up by.
func SumOf(password string) string {
	sum := sha1.Sum([]byte(password)) //nolint:gosec // as above
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// New looks up a password that somebody wants to use from now on, and waits for the answer a little. Without an answer it is not stolen, as far as anybody knows; missed says so.
func (s *Stolen) New(ctx context.Context, password string) (stolen, missed bool) {
	if !s.On() {
		return false, false
	}
	sum := SumOf(password)
	if stolen, known := s.known(sum); known {
		return stolen, false
	}
	if s.file != nil || s.left() {
		return false, true
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.Wait)
	defer cancel()
	stolen, err := s.ask(ctx, sum)
	return stolen, err != nil
}

// Proved looks up a password that somebody has just signed in with, and waits for nothing: then, if it is not nil, hears of it later that it is stolen.
func (s *Stolen) Proved(sum string, then func(stolen bool)) (stolen, missed bool) {
	if !s.On() || sum == "" {
		return false, false
	}
	if stolen, known := s.known(sum); known {
		return stolen, false
	}
	if s.file == nil && !s.left() {
		select {
		case s.work <- job{sum, then}:
		default:
			s.d.Meter.Feed(PwnedPasswords, outcomeDropped)
		}
	}
	return false, true
}

// known answers from the file, or from what was asked lately.
func (s *Stolen) known(sum string) (stolen, known bool) {
	if s.file != nil {
		stolen, err := s.file.has(sum)
		if err != nil {
			s.d.Meter.Feed(PwnedPasswords, outcomeFailed)
			s.d.Log.Warn("the file of stolen passwords cannot be read", slog.Any("error", err))
		}
		return stolen, err == nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.kept[sum[:prefixDigits]]
	if !ok || !s.d.Now().Before(r.until) {
		return false, false
	}
	_, stolen = slices.BinarySearch(r.of, sum[prefixDigits:])
	return stolen, true
}

// left reports that the service is left alone for now.
func (s *Stolen) left() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.d.Now().Before(s.resting)
}

func (s *Stolen) run(ctx context.Context) {
	var running sync.WaitGroup
	for range rangeAsks {
		running.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case j := <-s.work:
					if stolen, err := s.ask(ctx, j.sum); err == nil && j.then != nil {
						j.then(stolen)
					}
				}
			}
		})
	}
	running.Wait()
}

// ask asks for all sums that begin like this one. The service learns five of forty digits, and by padding nobody on the way learns even those from the answer's length.
func (s *Stolen) ask(ctx context.Context, sum string) (stolen bool, err error) {
	if stolen, known := s.known(sum); known {
		return stolen, nil
	}
	if s.left() {
		return false, errs.New(errs.Unavailable, "")
	}
	answers := s.answered()
	resp, err := s.d.Fetch.Get(ctx, fetch.Request{URL: s.base + "/range/" + sum[:prefixDigits], Header: http.Header{"Add-Padding": {"true"}}, MaxBytes: rangeMost})
	rest, outcome := shortestRest, outcomeFailed
	switch {
	case err != nil:
	case resp.Status == http.StatusTooManyRequests:
		outcome, rest, err = outcomeQuota, retryAfter(resp.Header, s.d.Now()), errors.New("too many requests")
	case resp.Status != http.StatusOK:
		err = errors.New(http.StatusText(resp.Status))
	default:
		var of []string
		if of, err = readRange(resp.Body); err == nil {
			s.keep(sum[:prefixDigits], of)
			s.d.Meter.Feed(PwnedPasswords, outcomeAnswered)
			_, stolen = slices.BinarySearch(of, sum[prefixDigits:])
			return stolen, nil
		}
		outcome = outcomeGarbage
	}
	if !s.leave(answers, rest) {
		rest = 0
	}
	s.d.Meter.Feed(PwnedPasswords, outcome)
	s.d.Log.WarnContext(ctx, "a feed did not answer", slog.String("feed", PwnedPasswords), slog.String("outcome", outcome), slog.Duration("rest", rest), slog.Any("error", err))
	return false, err
}

// answered is how many questions were answered so far.
func (s *Stolen) answered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers
}

// leave leaves the service alone for a while, unless it has answered another question since this one was asked: then only this one is lost.
func (s *Stolen) leave(answers int, rest time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers != answers {
		return false
	}
	s.resting = s.d.Now().Add(rest)
	return true
}

func (s *Stolen) keep(prefix string, of []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.kept[prefix]; !known {
		if len(s.ring) < rangesKept {
			s.ring = append(s.ring, prefix)
		} else {
			delete(s.kept, s.ring[s.next])
			s.ring[s.next] = prefix
			s.next = (s.next + 1) % rangesKept
		}
	}
	s.answers++
	s.kept[prefix] = suffixes{of, s.d.Now().Add(rangeFresh)}
}

// readRange reads lines of 35 digits, a colon and a count. A count of 0 is padding.
func readRange(body []byte) ([]string, error) {
	var of []string
	lines := bufio.NewScanner(bytes.NewReader(body))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		suffix, count, found := strings.Cut(line, ":")
		if !found || len(suffix) != 2*sha1.Size-prefixDigits || !isHex(suffix) || count == "" || strings.Trim(count, "0123456789") != "" {
			return nil, errGarbage
		}
		if strings.Trim(count, "0") != "" {
			of = append(of, strings.ToUpper(suffix))
		}
	}
	if lines.Err() != nil {
		return nil, errGarbage
	}
	slices.Sort(of)
	return of, nil
}

func isHex(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
