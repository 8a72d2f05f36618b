package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// refreshing uses refresh tokens of tokenCount grants in rotation; a rotated one is replaced by its successor.
func refreshing(name, title, set string, g goal) scenario {
	return scenario{
		name: name, title: title, goal: g, turns: 1,
		setup: func(ctx context.Context, w *world) error {
			m := webClient("jwt")
			if set == "rotated" {
				m.TokenEndpointAuthMethod = "none"
			}
			if err := w.clients(ctx, set, m); err != nil {
				return err
			}
			return w.refreshable(ctx, set)
		},
		start: func(_ context.Context, w *world) (*drive, error) {
			tokens := w.refresh[set]
			return &drive{warm: clientCount, op: func(c *wire, n int) (err error) {
				i := n % tokenCount
				if err := c.want(w.refreshRequest(set, i, tokens[i]), 200, []byte(`"access_token"`)); err != nil {
					return err
				}
				tokens[i], err = member(c.body, "refresh_token")
				return err
			}}, nil
		},
	}
}

func (w *world) refreshRequest(set string, i int, token string) []byte {
	form, p := "grant_type=refresh_token&refresh_token="+token, w.sets[set][i%clientCount]
	if p.Public() {
		return post(w.host, "/oauth2/token", form+"&client_id="+p.ClientID)
	}
	return post(w.host, "/oauth2/token", form, "Authorization", p.basic)
}

// member reads one text of a flat JSON answer that has no escapes in it.
func member(body []byte, name string) (string, error) {
	_, rest, found := strings.Cut(string(body), `"`+name+`":"`)
	text, _, closed := strings.Cut(rest, `"`)
	if !found || !closed {
		return "", fmt.Errorf("no %s in %.200s", name, body)
	}
	return text, nil
}

// visitor is a browser that is signed in.
type visitor struct{ cookies string }

// codeVerifier and codeChallenge are RFC 7636 appendix B's.
const (
	codeVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	visitors      = 100
)

// redemption is a token request up to the code.
var redemption = "grant_type=authorization_code&code_verifier=" + codeVerifier + "&redirect_uri=" + url.QueryEscape(redirectURI) + "&code="

func (w *world) authorizePath(p *party) string {
	return "/oauth2/authorize?" + w.authorizeParams(p).Encode()
}

func (w *world) authorizeParams(p *party) url.Values {
	return url.Values{
		"client_id": {p.ClientID}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {strings.Join(personScopes(), " ")},
		"state": {"state-1"}, "nonce": {"nonce-1"}, "code_challenge": {codeChallenge}, "code_challenge_method": {"S256"},
	}
}

// codeFlow is what a relying party costs when the person is signed in and has consented: authorization request, code, tokens.
func codeFlow() scenario {
	return scenario{
		name: "code-flow", title: "code flow with a session (two requests)", turns: 2,
		goal: sumOf(primHello, primHello, primES256, primES256, primRead, primRead, primWrite, primWrite),
		setup: func(ctx context.Context, w *world) error {
			return errors.Join(w.clients(ctx, "code", webClient("jwt")), w.consented(ctx, "code"))
		},
		start: func(_ context.Context, w *world) (*drive, error) {
			who, err := w.signedIn(visitors)
			if err != nil {
				return nil, err
			}
			asks, redeems := make([][]byte, clientCount), make([]string, clientCount)
			for i, p := range w.sets["code"] {
				asks[i] = get(w.host, w.authorizePath(p), "Cookie", who[i%visitors].cookies)
				redeems[i] = p.basic
			}
			return &drive{warm: clientCount, op: func(c *wire, n int) error {
				if err := c.want(asks[n%clientCount], 303, nil); err != nil {
					return err
				}
				code, err := c.code()
				if err != nil {
					return err
				}
				return c.want(post(w.host, "/oauth2/token", redemption+code, "Authorization", redeems[n%clientCount]), 200, []byte(`"id_token"`))
			}}, nil
		},
	}
}

// consented remembers the consent of the visitor who uses each client of a set.
func (w *world) consented(ctx context.Context, set string) error {
	return w.app.DB.InTx(ctx, func(ctx context.Context) error {
		for i, p := range w.sets[set] {
			now := w.app.Now()
			err := w.app.DB.UpsertConsent(ctx, &storage.Consent{
				Tenant: w.app.Tenant, ID: storage.NewID(now), Person: w.people[i%visitors].ID, Client: p.ID, Scopes: personScopes(),
				Binding: p.Name() + "\n" + web.FormActionSource(redirectURI), CreatedAt: now, UpdatedAt: now,
			}, nil)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// browsers are n people's, each signed in.
func (w *world) browsers(n int) ([]cookieJar, error) {
	c, err := dial(w.host)
	if err != nil {
		return nil, err
	}
	defer c.close()
	out := make([]cookieJar, n)
	for i := range out {
		if out[i], err = w.loginIn(c, w.sets["code"][i], i, nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (w *world) signedIn(n int) ([]visitor, error) {
	all, err := w.browsers(n)
	out := make([]visitor, len(all))
	for i, jar := range all {
		out[i].cookies = jar.line()
	}
	return out, err
}

// login is a person in a new browser, see loginIn.
func (w *world) login(c *wire, p *party, person int) (cookies string, err error) {
	jar, err := w.loginIn(c, p, person, nil)
	return jar.line(), err
}

// loginIn is a person in a browser with cookies: the authorization request leads to the sign-in page, whose form is sent.
func (w *world) loginIn(c *wire, p *party, person int, jar cookieJar) (cookieJar, error) {
	jar, form, err := w.signInForm(c, p, jar)
	if err != nil {
		return nil, err
	}
	form.Set("identifier", mailOf(person))
	form.Set("password", benchPassword)
	if err = c.want(w.formRequest(form, jar), 303, nil); err == nil {
		err = c.signedIn()
	}
	return c.setCookies(jar), err
}

// signInForm is the sign-in page's form, as the browser got it.
func (w *world) signInForm(c *wire, p *party, jar cookieJar) (cookieJar, url.Values, error) {
	if err := c.want(get(w.host, w.authorizePath(p), "Cookie", jar.line()), 303, nil); err != nil {
		return nil, nil, err
	}
	jar = c.setCookies(jar)
	page := strings.TrimPrefix(c.value("Location"), w.issuer)
	if err := c.want(get(w.host, page, "Cookie", jar.line()), 200, []byte(`name="csrf"`)); err != nil {
		return nil, nil, err
	}
	return c.setCookies(jar), url.Values{"csrf": {field(c.body, "csrf")}, "flow": {field(c.body, "flow")}}, nil
}

// formRequest sends the sign-in page's form.
func (w *world) formRequest(form url.Values, jar cookieJar) []byte {
	return post(w.host, "/login", form.Encode(), "Cookie", jar.line(), "Origin", w.issuer)
}

// signedIn wants the last answer to lead back to the authorization request.
func (w *wire) signedIn() error {
	if to := w.value("Location"); !strings.Contains(to, "/oauth2/authorize?") {
		return fmt.Errorf("the sign-in led to %.200s", to)
	}
	return nil
}

// known are browsers that each of n people has signed in with before, without a session now.
func (w *world) known(n int) ([]cookieJar, error) {
	all, err := w.browsers(n)
	for _, jar := range all {
		delete(jar, "jedan-session")
	}
	return all, err
}

// field is the value of a hidden field of a page.
func field(page []byte, name string) string {
	_, rest, _ := strings.Cut(string(page), `name="`+name+`" value="`)
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}

// signIn is a whole sign-in by password in a browser that the person has used before: three requests, one hash.
func signIn() scenario {
	return scenario{
		name: "sign-in", title: "password sign-in (three requests)", turns: 3, conns: 8, goal: ofPrimitive(0.85, primArgon2id),
		setup: func(ctx context.Context, w *world) error { return w.clients(ctx, "code", webClient("jwt")) },
		start: func(_ context.Context, w *world) (*drive, error) {
			browsers, err := w.known(visitors)
			return &drive{warm: 16, op: func(c *wire, n int) error {
				_, err := w.loginIn(c, w.sets["code"][n%clientCount], n%visitors, maps.Clone(browsers[n%visitors]))
				return err
			}}, err
		},
	}
}

// signInAnew is the same in a new browser, of which the person is told by mail where they had another before.
func signInAnew() scenario {
	s := signIn()
	s.name, s.title, s.goal = "sign-in-new", "password sign-in in a browser that nobody knows", goal{}
	s.start = func(_ context.Context, w *world) (*drive, error) {
		return &drive{warm: 16, op: func(c *wire, n int) error {
			_, err := w.login(c, w.sets["code"][n%clientCount], n%peopleCount)
			return err
		}}, nil
	}
	return s
}

// refreshable makes tokenCount grants of a set with their first refresh tokens.
func (w *world) refreshable(ctx context.Context, set string) error {
	scopes := append(personScopes(), "offline_access")
	tokens := make([]string, tokenCount)
	w.refresh[set] = tokens
	return w.addGrants(ctx, set, set, tokenCount, scopes, func(i int, g *storage.Grant) {
		nonce, sealed := w.redeem.NewNonce(g)
		g.Nonce1 = sealed
		tokens[i] = w.tokens.Refresh(g.ID, 1, nonce)
	})
}
