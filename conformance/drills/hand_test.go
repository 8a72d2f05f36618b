package drills

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// hand does one thing after the other at a node and writes it into the ledger: before it asks, and once it is answered. Every method fails with
// errGone when the answer was lost, and with another error when it was not what the ledger says it must be.
type hand struct {
	l    *ledger
	x    *node
	road *http.Transport
	hash string // of testkit.Password

	tolerant bool // the database may be away: what says so is errAway
}

// on is a browser with the jar at the hand's node, or something without cookies (nil).
func (h *hand) on(jar http.CookieJar) *caller {
	c := on(h.road, jar)
	c.tolerant = h.tolerant
	return c
}

func newHand(l *ledger, x *node, hash string) *hand {
	return &hand{l: l, x: x, road: x.road(), hash: hash}
}

func (h *hand) rest() { h.road.CloseIdleConnections() }

// unexpected is an answer that must not be.
func unexpected(what string, a answer) error { return fmt.Errorf("%s: %v", what, a) } //nolint:err113 // a test's message

func (h *hand) newPerson(email string) (i int, err error) {
	h.l.do(func() {
		i = len(h.l.people)
		h.l.people = append(h.l.people, person{email: email, made: asked})
	})
	w, err := h.x.current().order(order{Do: "person", Email: email, Hash: h.hash})
	if err != nil {
		return 0, err
	}
	h.l.got(func() { h.l.people[i].made, h.l.people[i].id, h.l.people[i].subject = answered, w.ID, w.Name })
	return i, nil
}

func (h *hand) newClient(c client) (i int, err error) {
	m := storage.ClientMetadata{
		RedirectURIs: []string{redirect}, GrantTypes: []string{"authorization_code", "refresh_token"}, Scope: "openid profile email offline_access", ClientName: "Drill",
		TokenEndpointAuthMethod: "client_secret_post", RotateRefresh: &c.rotates, AuditTokens: c.audited, Online: true,
	}
	h.l.do(func() {
		i, c.made = len(h.l.clients), asked
		h.l.clients = append(h.l.clients, c)
	})
	w, err := h.x.current().order(order{Do: "client", Client: m})
	if err != nil {
		return 0, err
	}
	h.l.got(func() {
		c.made, c.id, c.clientID, c.secret = answered, w.ID, w.Name, w.Secret
		h.l.clients[i] = c
	})
	return i, nil
}

// newVisit opens a browser for a person.
func (h *hand) newVisit(p int) (i int) {
	h.l.do(func() {
		i = len(h.l.visits)
		h.l.visits = append(h.l.visits, visit{person: p, jar: newJar()})
	})
	return i
}

func (h *hand) authURL(c client, changes ...string) string {
	q := url.Values{
		"client_id": {c.clientID}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"openid email"}, "state": {"s"}, "nonce": {"n"},
		"code_challenge": {testkit.Challenge(testkit.Verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
	}
	return "/oauth2/authorize?" + q.Encode()
}

// authorize signs in and consents where that is asked for, and receives a code.
func (h *hand) authorize(v, c int, offline bool) (g int, err error) {
	scope := "openid email"
	if offline {
		scope += " offline_access"
	}
	vis, cl := h.l.visit(v), h.l.client(c)
	b := h.on(vis.jar)
	a, err := b.walk(h.authURL(cl, "scope", scope))
	if err == nil && a.has("login-password") {
		a, err = h.signIn(b, v, a)
	}
	if err == nil && a.has("consent-allow") {
		a, err = h.allow(b, vis.person, c, a)
	}
	if err != nil {
		return 0, err
	}
	code := a.params().Get("code")
	if code == "" {
		return 0, unexpected("no code", a)
	}
	h.l.got(func() {
		g = len(h.l.grants)
		h.l.grants = append(h.l.grants, grant{visit: v, client: c, offline: offline, code: code})
	})
	return g, nil
}

func (h *hand) signIn(b *caller, v int, page answer) (answer, error) {
	var email string
	h.l.do(func() {
		h.l.visits[v].login = max(h.l.visits[v].login, asked)
		email = h.l.people[h.l.visits[v].person].email
	})
	a, err := h.submit(b, page, "identifier", email, "password", testkit.Password)
	if err != nil {
		return a, err
	}
	h.l.got(func() {
		h.l.visits[v].login, h.l.visits[v].session = answered, sessionOf(h.l.visits[v].jar)
	})
	return b.walk(a.header.Get("Location"))
}

func (h *hand) allow(b *caller, p, c int, page answer) (answer, error) {
	key := [2]int{p, c}
	h.l.do(func() { h.l.consent[key] = max(h.l.consent[key], asked) })
	a, err := h.submit(b, page, "decision", "allow")
	if err != nil {
		return a, err
	}
	h.l.got(func() { h.l.consent[key] = answered })
	return b.walk(a.header.Get("Location"))
}

// submit sends a page's form, which must lead on.
func (h *hand) submit(b *caller, page answer, values ...string) (answer, error) {
	action, form, err := page.form(values...)
	if err != nil {
		return answer{}, err
	}
	a, err := b.post(action, form)
	if err == nil && a.status != http.StatusSeeOther {
		err = unexpected("a form led nowhere", a)
	}
	return a, err
}

// logout confirms the end of the session. Asked again after a lost answer, there may be nobody left to be signed out.
func (h *hand) logout(v int) error {
	b := h.on(h.l.visit(v).jar)
	a, err := b.walk("/oauth2/logout")
	if err != nil {
		return err
	}
	if a.has("logout-confirm") {
		action, form, err := a.form()
		if err != nil {
			return err
		}
		h.l.do(func() { h.l.visits[v].logout = max(h.l.visits[v].logout, asked) })
		if a, err = b.post(action, form); err != nil {
			return err
		}
	}
	if a.status != http.StatusOK || a.has("logout-confirm") || h.l.visit(v).logout == never {
		return unexpected("logout", a)
	}
	h.l.got(func() { h.l.visits[v].logout = answered })
	return nil
}

// call posts a form as the client.
func (h *hand) call(path string, c client, form url.Values) (answer, error) {
	form.Set("client_id", c.clientID)
	form.Set("client_secret", c.secret)
	return h.on(nil).post(path, form)
}
