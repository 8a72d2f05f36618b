package modules

import (
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A private-use redirect URI cannot take a form: form_post is refused there, with the error by the ordinary way, and never a failure of ours.
func TestFormPostToPrivateUseScheme(t *testing.T) {
	s := testkit.Start(t)
	app := s.Client(storage.ClientMetadata{
		RedirectURIs: []string{"com.example.app:/cb"}, TokenEndpointAuthMethod: "none", ApplicationType: "native",
	})
	p := s.Browser().Get(s.AuthURL(app, "response_mode", "form_post"))
	if p.Status >= 500 || p.Location == nil || p.Params().Get("error") != "unsupported_response_mode" {
		t.Fatalf("status %d, sent to %v", p.Status, p.Location)
	}
	if p := s.Browser().Get(s.AuthURL(app)); p.Status != 200 || !p.HasID("login-password") {
		t.Fatalf("without form_post: status %d", p.Status)
	}
}
