package modules

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
)

// anybody lets everybody register.
func anybody(c *app.Config) {
	c.Register.Mode, c.Register.PerHour = register.ModeOpen, 10_000
	c.Register.GrantTypes = []string{"authorization_code", "implicit", "refresh_token"}
}

// invited lets whoever has an initial access token register.
func invited(c *app.Config) {
	anybody(c)
	c.Register.Mode = register.ModeToken
}

// initial makes an initial access token.
func (w *world) initial(uses int) string {
	w.t.Helper()
	token, _, err := w.App.Registrar.NewInitialAccess(context.Background(), register.InitialAccess{Uses: uses, Life: time.Hour, Actor: registrarActor()})
	w.must(err)
	return token
}

// registration is what a suite's relying party sends.
func registration(changes object) object {
	m := object{"redirect_uris": []string{"https://suite.test/test/a/alias/callback"}, "client_name": "OIDF Conformance Test", "contacts": []string{"certification@oidf.org"}}
	maps.Copy(m, changes)
	for name, v := range m {
		if v == nil {
			delete(m, name)
		}
	}
	return m
}

// send sends a registration; token may be empty.
func (w *world) send(method, to, token string, body any) *testkit.Answer {
	w.t.Helper()
	raw, isText := body.(string)
	if !isText && body != nil {
		b, err := json.Marshal(body)
		w.must(err)
		raw = string(b)
	}
	header := []string{"Content-Type", "application/json", "Accept", "application/json"}
	if token != "" {
		header = append(header, "Authorization", "Bearer "+token)
	}
	return w.Raw(method, to, raw, header...)
}

// enrol registers and wants it to be done.
func (w *world) enrol(token string, changes object) *testkit.Answer {
	w.t.Helper()
	a := w.send(http.MethodPost, "/oauth2/register", token, registration(changes))
	if a.Status != http.StatusCreated || a.Header.Get("Content-Type") != "application/json" || !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
		w.t.Fatalf("registration: %d %v %s", a.Status, a.Header, a.Body)
	}
	return a
}

// rpOf is a registered client as it sees itself.
func (w *world) rpOf(a *testkit.Answer) *testkit.RP {
	w.t.Helper()
	row, err := w.App.DB.ClientByClientID(context.Background(), w.App.Tenant, a.Text("client_id"))
	w.must(err)
	return &testkit.RP{ID: a.Text("client_id"), Secret: a.Text("client_secret"), Redirect: row.Metadata.RedirectURIs[0], Client: row}
}

// regRefused wants an error of RFC 7591 section 3.2.2 and no new client.
func (w *world) regRefused(a *testkit.Answer, code string) {
	w.t.Helper()
	w.refused(a, http.StatusBadRequest, code)
	if a.Header.Get("Content-Type") != "application/json" || a.Text("error_description") == "" || a.JSON["client_id"] != nil {
		w.t.Errorf("error %v %s", a.Header, a.Body)
	}
}

// unauthorized wants a challenge.
func (w *world) unauthorized(a *testkit.Answer) {
	w.t.Helper()
	if a.Status != http.StatusUnauthorized || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer ") || a.JSON["client_id"] != nil {
		w.t.Errorf("not refused: %d %v %s", a.Status, a.Header, a.Body)
	}
}

func clientsOf(t *testing.T, w *world) int {
	t.Helper()
	all, err := w.App.DB.Clients(context.Background(), w.App.Tenant, [16]byte{}, 0)
	w.must(err)
	return len(all)
}
