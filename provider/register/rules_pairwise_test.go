package register

import (
	"context"
	"errors"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/storage"
)

// lists are documents by URL; others do not answer.
type lists struct {
	at    map[string]string
	asked int
}

func (l *lists) Get(_ context.Context, r fetch.Request) (*fetch.Response, error) {
	l.asked++
	body, ok := l.at[r.URL]
	if !ok {
		return nil, errors.New("no answer")
	}
	if body == "" {
		return &fetch.Response{Status: 302}, nil
	}
	return &fetch.Response{Status: 200, Body: []byte(body)}, nil
}

// JW18.
func TestPairwiseRegistrations(t *testing.T) {
	w := newWorld(t)
	net := &lists{at: map[string]string{
		"https://s.test/both": `["https://app.test/cb","https://b.test/cb","https://c.test/cb"]`, "https://s.test/one": `["https://app.test/cb"]`,
		"https://s.test/page": `<html>`, "https://s.test/object": `{"redirect_uris":["https://app.test/cb"]}`, "https://s.test/numbers": `[1]`, "https://s.test/redirect": "",
	}}
	w.d.Fetch = net
	m := func(sector string, redirects ...string) storage.ClientMetadata {
		out := storage.ClientMetadata{RedirectURIs: redirects, SubjectType: "pairwise"}
		out.SectorIdentifierURI = sector
		return out
	}
	one, two := []string{"https://app.test/cb"}, []string{"https://app.test/cb", "https://b.test/cb"}
	for name, c := range map[string]struct {
		m      storage.ClientMetadata
		member string
	}{
		"one host": {m("", one...), ""}, "listed": {m("https://s.test/both", two...), ""}, "native, listed": {m("https://s.test/one", one...), ""},
		"two hosts": {m("", two...), "sector_identifier_uri"}, "one is missing": {m("https://s.test/one", two...), "sector_identifier_uri"},
		"http": {m("http://s.test/both", one...), "sector_identifier_uri"}, "fragment": {m("https://s.test/both#x", one...), "sector_identifier_uri"},
		"no answer": {m("https://s.test/none", one...), "sector_identifier_uri"}, "a page": {m("https://s.test/page", one...), "sector_identifier_uri"},
		"an object": {m("https://s.test/object", one...), "sector_identifier_uri"}, "a redirect": {m("https://s.test/redirect", one...), "sector_identifier_uri"}, "numbers": {m("https://s.test/numbers", one...), "sector_identifier_uri"},
		"loopback": {m("", "http://127.0.0.1/cb"), "sector_identifier_uri"},
	} {
		_, err := w.Create(t.Context(), c.m, Options{Actor: operator()})
		p, refused := AsProblem(err)
		if refused != (c.member != "") || refused && (p.Member != c.member || p.Code != CodeMetadata) || err != nil && !refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	public := m("https://s.test/one", two...)
	public.SubjectType = "public"
	if _, err := w.Create(t.Context(), public, Options{Actor: operator()}); err == nil {
		t.Error("a sector that does not list the redirect URIs was taken for a public subject")
	}
	before := net.asked
	bad := m("https://s.test/both", two...)
	bad.ClientName = " "
	if _, err := w.Create(t.Context(), bad, Options{Actor: operator()}); err == nil || net.asked != before {
		t.Error("something was fetched for a registration that is refused anyway")
	}
}

func TestASectorIsVerifiedAgainOnlyWhenItMatters(t *testing.T) {
	w := newWorld(t)
	net := &lists{at: map[string]string{"https://s.test/l": `["https://app.test/cb","https://b.test/cb"]`}}
	w.d.Fetch = net
	m := storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb", "https://b.test/cb"}, SubjectType: "pairwise"}
	m.SectorIdentifierURI = "https://s.test/l"
	id := w.create(m, Options{}).Client.ClientID
	update := func(change func(m *storage.ClientMetadata)) error {
		_, err := w.Update(t.Context(), id, Change{Actor: operator(), Metadata: func(m *storage.ClientMetadata) error { change(m); return nil }})
		return err
	}
	net.at = nil
	if err := update(func(m *storage.ClientMetadata) { m.ClientName, m.RedirectURIs = "New", m.RedirectURIs[:1] }); err != nil || net.asked != 1 {
		t.Errorf("a change that needs no proof: %v, asked %d times", err, net.asked)
	}
	if err := update(func(m *storage.ClientMetadata) { m.RedirectURIs = []string{"https://app.test/cb", "https://c.test/cb"} }); err == nil {
		t.Error("a redirect URI was added that no list has")
	}
}

func TestKeysByReferenceInRegistrations(t *testing.T) {
	w := newWorld(t)
	by := func(uri string) storage.ClientMetadata {
		m := base()
		m.TokenEndpointAuthMethod, m.JWKSURI = "private_key_jwt", uri
		return m
	}
	w.create(by("https://app.test/jwks"), Options{})
	for _, uri := range []string{"http://app.test/jwks", "https://u@app.test/jwks", "https://app.test/jwks#x", "data:,x", "https://app.test/../jwks", "https://2130706433/jwks", ""} {
		if _, err := w.Create(t.Context(), by(uri), Options{Actor: operator()}); err == nil {
			t.Errorf("%q was taken", uri)
		}
	}
	both := by("https://app.test/jwks")
	both.JWKS = []byte(`{"keys":[]}`)
	_, err := w.Create(t.Context(), both, Options{Actor: operator()})
	if p, ok := AsProblem(err); !ok || p.Member != "jwks_uri" {
		t.Errorf("both: %v", err)
	}
}
