package register

import (
	"reflect"
	"slices"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func TestResources(t *testing.T) {
	w := newWorld(t)
	owner := w.create(base(), Options{ClientID: "api"})
	in := Resource{Identifier: "https://api.test", Name: "Orders", Scopes: []string{"orders:read"}, TokenFormat: "opaque", Seconds: 60, Owner: "api"}
	row, err := w.CreateResource(t.Context(), in, operator())
	if err != nil {
		t.Fatal(err)
	}
	if row.Owner != owner.Client.ID {
		t.Error("the owner is not the client's row")
	}
	if got, err := w.ResourceOf(t.Context(), row); err != nil || !reflect.DeepEqual(got, in) {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := w.CreateResource(t.Context(), in, operator()); !errs.Is(err, errs.Conflict) {
		t.Errorf("twice: %v", err)
	}
	row, err = w.UpdateResource(t.Context(), in.Identifier, func(r *Resource) error { r.Name, r.Owner = "Invoices", ""; return nil }, operator())
	if err != nil || row.Name != "Invoices" || !row.Owner.IsZero() {
		t.Errorf("update: %+v %v", row, err)
	}
	_, err = w.UpdateResource(t.Context(), in.Identifier, func(r *Resource) error { r.Identifier = "https://other.test"; return nil }, operator())
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("renamed: %v", err)
	}
	if err := w.DeleteResource(t.Context(), in.Identifier, operator()); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteResource(t.Context(), in.Identifier, operator()); !errs.Is(err, errs.NotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if types, _ := w.events("resource:" + in.Identifier); !slices.Equal(types, []string{"resource.create", "resource.update", "resource.delete"}) {
		t.Errorf("events %v", types)
	}
}

func TestResourcesThatBreakARule(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		res    Resource
		member string
	}{
		"relative":    {Resource{Identifier: "/api"}, "resource"},
		"fragment":    {Resource{Identifier: "https://api.test#x"}, "resource"},
		"empty":       {Resource{}, "resource"},
		"issuer":      {Resource{Identifier: "https://id.test"}, "resource"},
		"below":       {Resource{Identifier: "https://id.test/oauth2/token"}, "resource"},
		"own owner":   {Resource{Identifier: "https://id.test/oauth2/userinfo", Owner: "nobody"}, "resource"},
		"own format":  {Resource{Identifier: "https://id.test/oauth2/userinfo", TokenFormat: "jwt"}, "resource"},
		"own scopes":  {Resource{Identifier: "https://id.test/oauth2/userinfo", Scopes: []string{"a"}}, "resource"},
		"own life":    {Resource{Identifier: "https://id.test/oauth2/userinfo", Seconds: 1}, "resource"},
		"own alg":     {Resource{Identifier: "https://id.test/oauth2/userinfo", Alg: "ES256"}, "resource"},
		"alg":         {Resource{Identifier: "https://api.test", Alg: "HS256"}, "jedan_access_token_alg"},
		"acr":         {Resource{Identifier: "https://api.test", ACRValues: []string{"1", "gold"}}, "jedan_acr_values[1]"},
		"acr twice":   {Resource{Identifier: "https://api.test", ACRValues: []string{"1", "1"}}, "jedan_acr_values[1]"},
		"age":         {Resource{Identifier: "https://api.test", MaxAge: -1}, "jedan_max_age"},
		"name":        {Resource{Identifier: "https://api.test", Name: "a\u202eb"}, "resource_name"},
		"scope":       {Resource{Identifier: "https://api.test", Scopes: []string{"a b"}}, "scopes_supported"},
		"twice":       {Resource{Identifier: "https://api.test", Scopes: []string{"a", "a"}}, "scopes_supported"},
		"openid":      {Resource{Identifier: "https://api.test", Scopes: []string{"openid"}}, "scopes_supported"},
		"our own":     {Resource{Identifier: "https://api.test", Scopes: []string{"jedan:admin"}}, "scopes_supported"},
		"format":      {Resource{Identifier: "https://api.test", TokenFormat: "saml"}, "jedan_access_token_format"},
		"lifetime":    {Resource{Identifier: "https://api.test", Seconds: 86401}, "jedan_access_token_seconds"},
		"negative":    {Resource{Identifier: "https://api.test", Seconds: -1}, "jedan_access_token_seconds"},
		"stranger":    {Resource{Identifier: "https://api.test", Owner: "nobody"}, "jedan_owner"},
		"other owner": {Resource{Identifier: "https://api.test", Owner: "bad\x00"}, "jedan_owner"},
	} {
		_, err := w.CreateResource(t.Context(), c.res, operator())
		if p, ok := AsProblem(err); !ok || p.Member != c.member {
			t.Errorf("%s: %v", name, err)
		}
	}
	own := Resource{Identifier: "https://id.test/oauth2/userinfo", Name: "UserInfo", ACRValues: []string{"1"}, MaxAge: 300}
	if row, err := w.CreateResource(t.Context(), own, operator()); err != nil || row.MaxAge != 300 || !row.ACRValues.Has("1") {
		t.Error(err)
	}
	// the issuer's neighbours are others' names
	if _, err := w.CreateResource(t.Context(), Resource{Identifier: "https://id.testing.test"}, operator()); err != nil {
		t.Error(err)
	}
}
