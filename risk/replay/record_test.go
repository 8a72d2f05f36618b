package replay

import (
	"errors"
	"io"
	"strings"
	"testing"
)

const line = `{"time":"2026-01-05T08:00:00Z","person":"p1","outcome":"success","address":"20.1.2.3","country":"DE","asn":1,"lat":52.5,"lon":13.4,"device":"d1","label":"genuine"}`

func TestReads(t *testing.T) {
	r := NewReader(strings.NewReader(line + "\n\n" + line + "\n"))
	for range 2 {
		got, err := r.Next()
		if err != nil || got.Person != "p1" || got.Label != Genuine || *got.Lat != 52.5 || got.Address.String() != "20.1.2.3" {
			t.Fatalf("%+v %v", got, err)
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}

func TestRefusesWhatCannotBe(t *testing.T) {
	for name, text := range map[string]string{
		"no json":          `hello`,
		"two on a line":    line + line,
		"unknown member":   strings.Replace(line, `"asn"`, `"asm"`, 1),
		"no time":          strings.Replace(line, `"time":"2026-01-05T08:00:00Z",`, "", 1),
		"no outcome":       strings.Replace(line, `"success"`, `"maybe"`, 1),
		"nobody succeeded": strings.Replace(line, `"p1"`, `""`, 1),
		"no address":       strings.Replace(line, `"20.1.2.3"`, `""`, 1),
		"zone":             strings.Replace(line, `"20.1.2.3"`, `"fe80::1%eth0"`, 1),
		"country":          strings.Replace(line, `"DE"`, `"Germany"`, 1),
		"half a place":     strings.Replace(line, `"lon":13.4,`, "", 1),
		"no such place":    strings.Replace(line, `52.5`, `152.5`, 1),
		"long":             strings.Replace(line, `"d1"`, `"`+strings.Repeat("d", maxText+1)+`"`, 1),
		"not utf-8":        strings.Replace(line, `"d1"`, "\"\xff\"", 1),
		"goes back":        line + "\n" + strings.Replace(line, "T08", "T07", 1),
		"too long a line":  strings.Repeat(" ", maxLine+1) + line,
	} {
		r := NewReader(strings.NewReader(text))
		_, err := r.Next()
		if name == "goes back" {
			_, err = r.Next()
		}
		if err == nil || errors.Is(err, io.EOF) || !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzReader: whatever is read keeps the format, and can be written and read again.
func FuzzReader(f *testing.F) {
	f.Add(line)
	f.Add(`{"time":"2026-01-05T08:00:00Z","outcome":"failure","address":"2001:db8::1"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r := NewReader(strings.NewReader(text))
		for {
			rec, err := r.Next()
			if err != nil {
				return
			}
			if err := rec.check(); err != nil {
				t.Fatalf("read what is refused: %v", err)
			}
			var b strings.Builder
			w := NewWriter(&b)
			if err := errors.Join(w.Write(rec), w.Flush()); err != nil {
				t.Fatal(err)
			}
			again, err := NewReader(strings.NewReader(b.String())).Next()
			if err != nil || !again.Time.Equal(rec.Time) || again.Address != rec.Address || again.Device != rec.Device {
				t.Fatalf("%q became %q: %v", text, b.String(), err)
			}
		}
	})
}
