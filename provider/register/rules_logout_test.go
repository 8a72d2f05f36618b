package register

import (
	"testing"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Registrations of who hears of logouts: a contradiction, an address that must not be asked or framed, is refused by name.
func TestLogoutRegistrations(t *testing.T) {
	w := newWorld(t)
	back := func(uri string) func(*storage.ClientMetadata) {
		return func(m *storage.ClientMetadata) { m.BackchannelLogoutURI, m.BackchannelLogoutSession = uri, true }
	}
	front := func(uri string) func(*storage.ClientMetadata) {
		return func(m *storage.ClientMetadata) {
			m.RedirectURIs = []string{"https://app.test:8443/cb", "http://127.0.0.1/cb"}
			m.FrontchannelLogoutURI, m.FrontchannelSession = uri, true
		}
	}
	for name, c := range map[string]struct {
		change func(m *storage.ClientMetadata)
		member string // "": it holds
	}{
		"back":            {back("https://elsewhere.test/out?x=1"), ""},
		"back, no sid":    {func(m *storage.ClientMetadata) { m.BackchannelLogoutURI = "https://app.test/out" }, ""},
		"back, plain":     {back("http://app.test/out"), "backchannel_logout_uri"},
		"back, script":    {back("javascript:alert(1)"), "backchannel_logout_uri"},
		"back, fragment":  {back("https://app.test/out#x"), "backchannel_logout_uri"},
		"back, user":      {back("https://a:b@app.test/out"), "backchannel_logout_uri"},
		"back, relative":  {back("/out"), "backchannel_logout_uri"},
		"back, sid alone": {func(m *storage.ClientMetadata) { m.BackchannelLogoutSession = true }, "backchannel_logout_session_required"},
		"back, nobody signs in": {func(m *storage.ClientMetadata) {
			back("https://app.test/out")(m)
			m.RedirectURIs, m.GrantTypes, m.Scope = nil, []string{"client_credentials"}, "read"
		}, "backchannel_logout_uri"},
		"front":            {front("https://app.test:8443/out?x=1"), ""},
		"front, plain":     {front("http://127.0.0.1/out"), "frontchannel_logout_uri"},
		"front, port":      {front("https://app.test/out"), "frontchannel_logout_uri"},
		"front, host":      {front("https://evil.test:8443/out"), "frontchannel_logout_uri"},
		"front, script":    {front("javascript:alert(1)"), "frontchannel_logout_uri"},
		"front, fragment":  {front("https://app.test:8443/out#x"), "frontchannel_logout_uri"},
		"front, iss":       {front("https://app.test:8443/out?iss=x"), "frontchannel_logout_uri"},
		"front, sid":       {front("https://app.test:8443/out?a=1&sid=x"), "frontchannel_logout_uri"},
		"front, bad query": {front("https://app.test:8443/out?a;b"), "frontchannel_logout_uri"},
		"front, sid alone": {func(m *storage.ClientMetadata) { m.FrontchannelSession = true }, "frontchannel_logout_session_required"},
	} {
		m := base()
		c.change(&m)
		_, err := w.Create(t.Context(), m, Options{Actor: operator()})
		p, _ := AsProblem(err)
		switch {
		case c.member == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.member != "" && (p == nil || p.Member != c.member):
			t.Errorf("%s: got %v, want %s", name, err, c.member)
		}
	}
}
