package drills

import (
	"net/http"
	"net/url"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

func (l *ledger) visit(i int) (v visit) {
	l.do(func() { v = l.visits[i] })
	return v
}

func (l *ledger) client(i int) (c client) {
	l.do(func() { c = l.clients[i] })
	return c
}

func (l *ledger) grant(i int) (g grant, c client) {
	l.do(func() {
		g = l.grants[i]
		c = l.clients[g.client]
	})
	return g, c
}

func (h *hand) sendCode(g grant, c client) (answer, error) {
	return h.call("/oauth2/token", c, url.Values{
		"grant_type": {"authorization_code"}, "code": {g.code}, "redirect_uri": {redirect}, "code_verifier": {testkit.Verifier},
	})
}

func (h *hand) sendRefresh(token string, c client) (answer, error) {
	return h.call("/oauth2/token", c, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// redeem exchanges the code, which must work.
func (h *hand) redeem(i int) error {
	h.l.do(func() { h.l.grants[i].redeem = max(h.l.grants[i].redeem, asked) })
	g, c := h.l.grant(i)
	a, err := h.sendCode(g, c)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK || a.text("refresh_token") == "" {
		return unexpected("a code is not redeemed", a)
	}
	h.redeemed(i, a)
	return nil
}

func (h *hand) redeemed(i int, a answer) {
	h.l.got(func() {
		g := &h.l.grants[i]
		g.redeem, g.access, g.tokens = answered, a.text("access_token"), []string{a.text("refresh_token")}
	})
}

// renew uses the last refresh token, which must work. Asked again after a lost answer, the server has the same successor.
func (h *hand) renew(i int) error {
	h.l.do(func() { h.l.grants[i].renewing = true })
	g, c := h.l.grant(i)
	a, err := h.sendRefresh(g.last(), c)
	if err != nil {
		return err
	}
	next := a.text("refresh_token")
	if a.status != http.StatusOK || (next == g.last()) == c.rotates {
		return unexpected("a refresh token does not work", a)
	}
	h.renewed(i, a)
	return nil
}

func (h *hand) renewed(i int, a answer) {
	h.l.got(func() {
		g := &h.l.grants[i]
		g.renewing, g.access = false, a.text("access_token")
		g.renewals++
		if next := a.text("refresh_token"); next != g.last() {
			g.tokens = append(g.tokens, next)
		}
	})
}

// repeat shows the predecessor again, as a client does that did not see the answer: it must get the same successor.
func (h *hand) repeat(i int) error {
	g, c := h.l.grant(i)
	if !c.rotates || len(g.tokens) < 2 {
		return nil
	}
	a, err := h.sendRefresh(g.tokens[len(g.tokens)-2], c)
	if err == nil && (a.status != http.StatusOK || a.text("refresh_token") != g.last()) {
		err = unexpected("a retry within the grace", a)
	}
	return err
}

// revoke ends the grant by its refresh token.
func (h *hand) revoke(i int) error {
	h.l.do(func() { h.l.grants[i].revoke = max(h.l.grants[i].revoke, asked) })
	g, c := h.l.grant(i)
	return h.revocation(c, g.last(), func() { h.l.grants[i].revoke = answered })
}

// deny revokes the access token alone.
func (h *hand) deny(i int) error {
	h.l.do(func() {
		g := &h.l.grants[i]
		g.deny, g.denied = max(g.deny, asked), g.access
	})
	g, c := h.l.grant(i)
	return h.revocation(c, g.denied, func() { h.l.grants[i].deny = answered })
}

func (h *hand) revocation(c client, token string, done func()) error {
	a, err := h.call("/oauth2/revoke", c, url.Values{"token": {token}})
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return unexpected("revocation", a)
	}
	h.l.got(done)
	return nil
}

// reuse shows a code or refresh token that was used: it must be refused, which ends the grant.
func (h *hand) reuse(i int, send func() (answer, error)) error {
	h.l.do(func() { h.l.grants[i].reuse = max(h.l.grants[i].reuse, asked) })
	a, err := send()
	if err != nil {
		return err
	}
	if !a.refused("invalid_grant") {
		return unexpected("a used code or an old refresh token", a)
	}
	h.l.got(func() { h.l.grants[i].reuse = answered })
	return nil
}
