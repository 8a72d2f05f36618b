package modules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/storage"
)

// A client's default resource is what its requests are for that name none, as RFC 8707 section 2 lets a server have it.
func TestDefaultResource(t *testing.T) {
	w := alone(t)
	w.Resource("https://api.example", nil)
	w.Resource("https://other.example", nil)
	m := storage.ClientMetadata{Resources: []string{"https://api.example", "https://other.example"}, DefaultResource: "https://api.example"}
	rp := w.Client(m)
	m.GrantTypes, m.ResponseTypes = []string{"client_credentials"}, []string{}
	machine := w.machine(m)
	for asked, want := range map[string]string{"": "https://api.example", "https://other.example": "https://other.example"} {
		_, claims := w.parts(w.offline(rp, "resource", asked).Text("access_token"))
		if aud := fmt.Sprint(claims["aud"]); !strings.HasPrefix(aud, "["+want+" ") { // beside UserInfo
			t.Errorf("%q: aud %v", asked, claims["aud"])
		}
		f := form("grant_type", "client_credentials")
		if asked != "" {
			f.Set("resource", asked)
		}
		_, claims = w.parts(w.ok(w.Call("/oauth2/token", machine, f)).Text("access_token"))
		if claims["aud"] != want {
			t.Errorf("client credentials, %q: aud %v", asked, claims["aud"])
		}
	}
}
