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
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func TestKillAfterLogoutOnSQLite(t *testing.T)   { killAfterLogout(t, onSQLite) }
func TestKillAfterLogoutOnPostgres(t *testing.T) { killAfterLogout(t, onPostgres) }

// leavers is how many people sign out right before the kill.
const leavers = 6

// killAfterLogout is RL25: whoever was answered that they are signed out is signed out at the client too, though the server is killed at once. A message
// that was on its way then waits for the end of its lease, a minute.
func killAfterLogout(t *testing.T, kind string) {
	told := make(chan string, 100*leavers)
	rp := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		told <- sidOf(r.FormValue("logout_token"))
	}))
	defer rp.Close()
	trust := filepath.Join(t.TempDir(), "rp.pem")
	if err := os.WriteFile(trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rp.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, kind, `JEDAN_OUTBOUND__ALLOW_NETWORKS=["127.0.0.0/8"]`, "JEDAN_OUTBOUND__TRUST="+trust).boot(1)
	x, l := c.nodes[0], newLedger()
	h := newHand(l, x, cheapHash(t))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err, x.log())
		}
	}
	cl, err := h.newListener(rp.URL)
	must(err)
	var visits []int
	for i := range leavers {
		p, err := h.newPerson("leaver" + string(rune('a'+i)) + "@example.org")
		must(err)
		v := h.newVisit(p)
		_, err = h.authorize(v, cl, false)
		must(err)
		visits = append(visits, v)
	}
	missing := map[string]bool{}
	for _, v := range visits {
		missing[l.visit(v).session.String()] = true
		must(h.logout(v))
	}
	x.current().kill()
	h.rest()
	x.start()
	for end := time.After(2 * patience); len(missing) > 0; {
		select {
		case sid := <-told:
			delete(missing, sid)
		case <-end:
			t.Fatalf("%d of %d were not told of: %v\n%s", len(missing), leavers, missing, x.log())
		}
	}
}

// newListener is a client that hears of logouts.
func (h *hand) newListener(at string) (i int, err error) {
	w, err := h.x.current().order(order{Do: "client", Client: storage.ClientMetadata{
		RedirectURIs: []string{redirect}, Scope: "openid email", ClientName: "Drill", TokenEndpointAuthMethod: "client_secret_post",
		ClientLogout: storage.ClientLogout{BackchannelLogoutURI: at, BackchannelLogoutSession: true},
	}})
	if err != nil {
		return 0, err
	}
	h.l.got(func() {
		i = len(h.l.clients)
		h.l.clients = append(h.l.clients, client{made: answered, id: w.ID, clientID: w.Name, secret: w.Secret})
	})
	return i, nil
}

// sidOf reads a token's sid; who signed it is not this drill's question.
func sidOf(token string) string {
	var claims struct {
		SID string `json:"sid"`
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return ""
	}
	return claims.SID
}
