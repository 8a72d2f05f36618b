package modules

import (
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestSmoke(t *testing.T) {
	s := testkit.Start(t)
	s.Person("maria@example.org")
	rp := s.Client(storage.ClientMetadata{})
	code := s.Code(rp, "maria@example.org", "scope", "openid profile email offline_access")
	a := s.Redeem(rp, code)
	t.Log(a.Status, a.Body)
	if a.Status != 200 {
		t.Fatal(s.Log.String())
	}
	u := s.Userinfo(a.Text("access_token"))
	t.Log(u.Status, u.Body)
	i := s.Introspect(rp, a.Text("access_token"))
	t.Log(i.Status, i.Body)
	r := s.Refresh(rp, a.Text("refresh_token"))
	t.Log(r.Status, r.Body)
	if u.Status != 200 || i.Status != 200 || r.Status != 200 {
		t.Fatal(s.Log.String())
	}
}
