package fetch

import (
	"testing"
	"time"
)

// FuzzLifetime: whatever a server says of caching, its document is kept within our bounds.
func FuzzLifetime(f *testing.F) {
	for _, s := range []string{"", "max-age=60", "public, max-age=\"600\"", "max-age=99999999999999999999", "no-store, max-age=60", "MAX-AGE=-1", "max-age=,max-age=1", "max-age=1e9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, control string) {
		for _, most := range []time.Duration{0, time.Second, time.Hour} {
			got := DocumentRequest{MaxAge: most}.lifetime(control)
			if most == 0 {
				most = defaultAge
			}
			if got <= 0 || got > most {
				t.Errorf("%q: %v", control, got)
			}
		}
	})
}
