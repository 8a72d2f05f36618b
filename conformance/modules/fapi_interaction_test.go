package modules

import (
	"net/http"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Checked by every module of fapi1-advanced-final and fapi-ciba-id1 that calls UserInfo: FAPI 1.0 Part 1 section 6.2.1, 11.
func TestFapi1AdvancedFinal_InteractionID(t *testing.T) {
	const header, id = "x-fapi-interaction-id", "c770aef3-6784-41f7-8e0e-ff5f97bddb3a"
	w := newWorld(t, testkit.StartMTLS(t, nil, cheap))
	own := testkit.SelfSigned(t, nil)
	rp := w.Client(selfSigned(t, own, storage.ClientBinding{CertificateBound: true}))
	at := w.AtAlias(own)
	f := form("grant_type", "authorization_code", "code", w.code(rp), "redirect_uri", rp.Redirect, "code_verifier", testkit.Verifier, "client_id", rp.ID)
	bound := w.tied(at.Call("/oauth2/token", nil, f), own)
	get := func(s *testkit.Server, token string, more ...string) string {
		a := w.ok(s.Raw(http.MethodGet, "/oauth2/userinfo", "", append(more, "Authorization", "Bearer "+token)...))
		return a.Header.Get(header)
	}
	if got := get(at, bound, header, id); got != id {
		t.Errorf("the client's identifier came back as %q", got)
	}
	for _, wrong := range []string{"", "not-an-id", id + "0"} {
		got := get(at, bound, header, wrong)
		if _, err := storage.ParseID(got); err != nil || got == id {
			t.Errorf("%q: an identifier of our own is needed, got %q", wrong, got)
		}
	}
	plain := w.ok(w.tokens(w.Client(storage.ClientMetadata{}))).Text("access_token")
	if got := get(w.Server, plain, header, id); got != id {
		t.Errorf("bearer token: %q", got)
	}
	if got := get(w.Server, plain); got != "" {
		t.Errorf("nobody asked for %q", got)
	}
}
