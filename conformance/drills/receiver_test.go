package drills

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

func verifier() string { return testkit.Verifier }

// payloadOf are the claims of a JWT, which is not verified.
func payloadOf(token string) (claims map[string]any) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return nil
	}
	return claims
}

// receiver is a client's backchannel_logout_uri, with what it must hear of.
type receiver struct {
	t      *testing.T
	server *httptest.Server
	trust  string // file with its certificate

	mu    sync.Mutex
	ended map[string]fact // by sid
	heard map[string]int
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t, ended: map[string]fact{}, heard: map[string]int{}}
	r.server = httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		sid, _ := payloadOf(req.PostFormValue("logout_token"))["sid"].(string)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.heard[sid]++
	}))
	t.Cleanup(r.server.Close)
	r.trust = filepath.Join(t.TempDir(), "receiver.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.server.Certificate().Raw})
	if err := os.WriteFile(r.trust, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *receiver) note(sid string, f fact) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[sid] = f
}

// missing are the sessions whose end was answered and not heard of, and strangers those that were heard of and never ended.
func (r *receiver) missing() (missing, strangers int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for sid, f := range r.ended {
		if f == answered && r.heard[sid] == 0 {
			missing++
		}
	}
	for sid := range r.heard {
		if r.ended[sid] == never {
			strangers++
		}
	}
	return missing, strangers
}

// await lets the servers deliver what a kill left in the outbox: the pauses between attempts are skipped. It returns how many ends were heard of.
func (r *receiver) await(c *cluster) int {
	r.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		missing, strangers := r.missing()
		if strangers > 0 {
			r.t.Errorf("the client heard of the end of %d sessions that did not end", strangers)
		}
		if missing == 0 || time.Now().After(end) {
			if missing > 0 {
				r.t.Errorf("the client did not hear of %d logouts", missing)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			return len(r.heard)
		}
		c.sendClock(time.Minute)
	}
}
