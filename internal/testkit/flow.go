package testkit

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// Verifier is a PKCE verifier; Challenge is its S256 challenge.
const Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

// Challenge is the S256 challenge of a verifier.
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// AuthURL is a valid authorization request of a client, changed by name and value pairs; an empty value removes the parameter.
func (s *Server) AuthURL(rp *RP, changes ...string) string {
	q := url.Values{
		"client_id": {rp.ID}, "redirect_uri": {rp.Redirect}, "response_type": {"code"}, "scope": {"openid profile email"}, "state": {"state-1"}, "nonce": {"nonce-1"},
		"code_challenge": {Challenge(Verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			q.Del(changes[i])
		} else {
			q.Set(changes[i], changes[i+1])
		}
	}
	return s.URL + "/oauth2/authorize?" + q.Encode()
}

// SignIn fills in the sign-in page if it is shown.
func (p *Page) SignIn(email, password string) *Page {
	p.b.s.T.Helper()
	if !p.HasID("login-password") {
		p.b.s.T.Fatalf("no sign-in page on %s (status %d)", p.URL.Path, p.Status)
	}
	return p.Submit("identifier", email, "password", password)
}

// Allow consents if the consent page is shown.
func (p *Page) Allow() *Page {
	p.b.s.T.Helper()
	if !p.HasID("consent-allow") {
		return p
	}
	return p.Submit("decision", "allow")
}

// Authorize signs a person in where needed, consents where asked, and returns the parameters that reached the client.
func (b *Browser) Authorize(authURL, email string) url.Values {
	b.s.T.Helper()
	p := b.Get(authURL)
	if p.Location == nil && p.HasID("login-password") {
		p = p.SignIn(email, Password)
	}
	p = p.Allow()
	if p.Location == nil {
		b.s.T.Fatalf("the browser did not reach the client but %s (status %d):\n%.800s", p.URL.Path, p.Status, p.Body)
	}
	return p.Params()
}

// Params are the parameters that the browser carried to the client, from query or fragment.
func (p *Page) Params() url.Values {
	p.b.s.T.Helper()
	if p.Location == nil {
		p.b.s.T.Fatalf("not sent to a client: status %d on %s:\n%.600s", p.Status, p.URL.Path, p.Body)
	}
	raw := p.Location.RawQuery
	if p.Location.Fragment != "" {
		raw = p.Location.EscapedFragment()
	}
	q, err := url.ParseQuery(raw)
	if err != nil {
		p.b.s.T.Fatal(err)
	}
	return q
}

// Code runs the code flow up to the code.
func (s *Server) Code(rp *RP, email string, changes ...string) string {
	s.T.Helper()
	code := s.Browser().Authorize(s.AuthURL(rp, changes...), email).Get("code")
	if code == "" {
		s.T.Fatal("no code")
	}
	return code
}

// Answer is a JSON answer.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	JSON   map[string]any
}

// Text returns a member as a string, or "".
func (a *Answer) Text(name string) string { v, _ := a.JSON[name].(string); return v }

// Call posts a form to a path of the server as the client (nil: nobody), by Basic unless it is public.
func (s *Server) Call(path string, rp *RP, form url.Values) *Answer {
	s.T.Helper()
	req := s.Request(path, rp, form)
	return s.Do(req)
}

// Request builds what Call sends.
func (s *Server) Request(path string, rp *RP, form url.Values) *http.Request {
	s.T.Helper()
	if rp != nil && rp.Secret == "" {
		form = clone(form)
		form.Set("client_id", rp.ID)
	}
	req, err := http.NewRequest(http.MethodPost, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.T.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if rp != nil && rp.Secret != "" {
		req.SetBasicAuth(url.QueryEscape(rp.ID), url.QueryEscape(rp.Secret))
	}
	return req
}

// Do sends a request and reads the answer.
func (s *Server) Do(req *http.Request) *Answer {
	s.T.Helper()
	return send(s, s.HTTP, req)
}

// Redeem exchanges a code.
func (s *Server) Redeem(rp *RP, code string, changes ...string) *Answer {
	s.T.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {rp.Redirect}, "code_verifier": {Verifier}}
	return s.Call("/oauth2/token", rp, change(form, changes))
}

// Refresh uses a refresh token.
func (s *Server) Refresh(rp *RP, token string, changes ...string) *Answer {
	s.T.Helper()
	return s.Call("/oauth2/token", rp, change(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, changes))
}

// Introspect asks about a token.
func (s *Server) Introspect(rp *RP, token string) *Answer {
	s.T.Helper()
	return s.Call("/oauth2/introspect", rp, url.Values{"token": {token}})
}

// Userinfo calls UserInfo with a bearer token.
func (s *Server) Userinfo(token string) *Answer {
	s.T.Helper()
	req, err := http.NewRequest(http.MethodGet, s.URL+"/oauth2/userinfo", nil)
	if err != nil {
		s.T.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return s.Do(req)
}

func change(form url.Values, changes []string) url.Values {
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			form.Del(changes[i])
		} else {
			form.Set(changes[i], changes[i+1])
		}
	}
	return form
}

func clone(v url.Values) url.Values {
	out := url.Values{}
	for k, vs := range v {
		out[k] = append([]string(nil), vs...)
	}
	return out
}

// Code is the code that the browser carried to the client, or "" when it carried none, or was not sent there.
func (p *Page) Code() string {
	if p.Location == nil {
		return ""
	}
	return p.Params().Get("code")
}
