package modules

import (
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// variant is how one plan of the suite sends its requests.
type variant struct {
	plan, responseType, mode string
}

func (v variant) returns(word string) bool {
	return slices.Contains(strings.Fields(v.responseType), word)
}

func variants() []variant {
	return []variant{
		{"basic", "code", "query"}, {"formpost-basic", "code", "form_post"}, {"implicit", "id_token", "fragment"}, {"implicit", "id_token token", "fragment"},
		{"hybrid", "code id_token", "fragment"}, {"hybrid", "code token", "fragment"}, {"hybrid", "code id_token token", "fragment"},
	}
}

func codeVariants() []variant {
	return slices.DeleteFunc(variants(), func(v variant) bool { return !v.returns("code") })
}

// suite is a relying party as the suite plays one: confidential, without PKCE, with a browser of its own for each module.
type suite struct {
	*world
	v  variant
	rp *testkit.RP
	b  *testkit.Browser
}

// each runs a module for variants, each with a new client, person and browser.
func each(t *testing.T, vs []variant, start func(*testing.T) *world, module func(t *testing.T, s *suite)) {
	t.Helper()
	for _, v := range vs {
		t.Run(v.plan+" "+v.responseType, func(t *testing.T) {
			w := start(t)
			rp := w.types(storage.ClientMetadata{RedirectURIs: []string{"https://suite.test/test/a/alias/callback"}}, "code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
			module(t, &suite{world: w, v: v, rp: rp, b: w.Browser()})
		})
	}
}

// all runs a module for every response type on the shared server.
func all(t *testing.T, module func(t *testing.T, s *suite)) {
	t.Helper()
	each(t, variants(), open, module)
}

// clocked starts a server for one module, which may move its clock.
func clocked(t *testing.T) func(*testing.T) *world {
	t.Helper()
	s := testkit.Start(t)
	return func(t *testing.T) *world { return newWorld(t, s.For(t)) }
}

// url is the module's authorization request.
func (s *suite) url(changes ...string) string {
	base := []string{"response_type", s.v.responseType, "code_challenge", "", "code_challenge_method", "", "state", "state-ABCdef123", "nonce", "nonce-0123456789", "scope", "openid"}
	if s.v.mode == "form_post" {
		base = append(base, "response_mode", "form_post")
	}
	return s.AuthURL(s.rp, append(base, changes...)...)
}

// visit opens a request and returns what is shown.
func (s *suite) visit(to string) *testkit.Page {
	s.t.Helper()
	return s.b.Get(to)
}

// finish signs in and consents where asked, and reads the response.
func (s *suite) finish(p *testkit.Page) url.Values {
	s.t.Helper()
	if p.Location == nil && p.HasID("login-password") {
		p = p.SignIn(s.email, testkit.Password)
	}
	return s.read(p.Allow())
}

// read takes the response from where this variant wants it.
func (s *suite) read(p *testkit.Page) url.Values {
	s.t.Helper()
	a := &testkit.Answer{Status: p.Status, Header: p.Header, Body: p.Body}
	if p.Location != nil {
		a = &testkit.Answer{Status: 303, Header: map[string][]string{"Location": {p.Location.String()}}}
	}
	q := s.response(a, s.rp, s.v.mode)
	if q.Get("iss") != s.URL {
		s.t.Errorf("iss %q", q.Get("iss"))
	}
	return q
}

// login is a whole request that must succeed.
func (s *suite) login(changes ...string) url.Values {
	s.t.Helper()
	q := s.finish(s.visit(s.url(changes...)))
	s.success(q)
	return q
}

// success wants exactly the parameters of the response type.
func (s *suite) success(q url.Values) {
	s.t.Helper()
	if q.Has("error") {
		s.t.Fatalf("refused: %v", q)
	}
	names := map[string]bool{"code": s.v.returns("code"), "id_token": s.v.returns("id_token"), "access_token": s.v.returns("token"), "token_type": s.v.returns("token")}
	for name, want := range names {
		if q.Has(name) != want {
			s.t.Errorf("%s: %v, want %v", name, q.Has(name), want)
		}
	}
	for name := range q {
		if !slices.Contains([]string{"code", "id_token", "access_token", "token_type", "expires_in", "scope", "state", "iss"}, name) {
			s.t.Errorf("%s in a response", name)
		}
	}
	if s.v.returns("token") && !strings.EqualFold(q.Get("token_type"), "bearer") {
		s.t.Errorf("token_type %q", q.Get("token_type"))
	}
	if s.v.returns("code") && (len(q.Get("code")) < 16 || entropy(q.Get("code")) < 96) {
		s.t.Errorf("a code that may be guessed: %d bits", int(entropy(q.Get("code"))))
	}
}

// silent is prompt=none in this browser.
func (s *suite) silent(changes ...string) url.Values {
	s.t.Helper()
	return s.read(s.visit(s.url(append(changes, "prompt", "none")...)))
}

// tokens are the ID token's claims and the access token that the response type gives in the end; the latter is "" for id_token alone.
func (s *suite) tokens(q url.Values) (claims object, access string) {
	s.t.Helper()
	access = q.Get("access_token")
	if q.Has("id_token") {
		claims = s.idTokenText(q.Get("id_token"), s.rp)
		s.hash(claims, "at_hash", q.Get("access_token"))
		s.hash(claims, "c_hash", q.Get("code"))
	}
	if !s.v.returns("code") {
		return claims, access
	}
	a := s.exchange(q.Get("code"))
	back := s.idToken(a, s.rp)
	if claims != nil && (claims["sub"] != back["sub"] || claims["iss"] != back["iss"] || claims["nonce"] != back["nonce"]) {
		s.t.Errorf("two ID tokens: %v, %v", claims, back)
	}
	if h := back["at_hash"]; h != nil && h != leftHalf("RS256", a.Text("access_token")) {
		s.t.Errorf("at_hash of another token: %v", h)
	}
	return back, a.Text("access_token")
}

func (s *suite) hash(claims object, name, of string) {
	s.t.Helper()
	if of == "" && claims[name] != nil || of != "" && claims[name] != leftHalf("RS256", of) {
		s.t.Errorf("%s: %v", name, claims[name])
	}
}

// exchange redeems a code as the suite does, and judges the answer.
func (s *suite) exchange(code string) *testkit.Answer {
	s.t.Helper()
	return s.tokenAnswer(s.Redeem(s.rp, code, "code_verifier", ""))
}

// tokenAnswer judges a successful answer of the token endpoint.
func (s *suite) tokenAnswer(a *testkit.Answer) *testkit.Answer {
	s.t.Helper()
	s.ok(a)
	expires, _ := a.JSON["expires_in"].(float64)
	if !strings.Contains(a.Header.Get("Cache-Control"), "no-store") || !strings.EqualFold(a.Text("token_type"), "bearer") || expires <= 0 || expires > 365*24*3600 {
		s.t.Errorf("answer %v %s", a.Header, a.Body)
	}
	if entropy(a.Text("access_token")) < 96 {
		s.t.Error("an access token that may be guessed")
	}
	return a
}

// entropy is Shannon's, in bits, as the suite measures it.
func entropy(text string) float64 {
	counts := map[rune]float64{}
	for _, c := range text {
		counts[c]++
	}
	bits := 0.0
	for _, n := range counts {
		p := n / float64(len(text))
		bits -= p * math.Log2(p)
	}
	return bits * float64(len(text))
}
