package modules

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/login/signup"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	staffClaim = "https://acme.example/staff"
	payGrade   = "Senior-Clerk-E7" // long enough to be in no random value of a page
)

// schema is a server with attributes of several kinds, and sign-up.
func schema(c *app.Config) {
	signing(signup.Open)(c)
	c.Attributes = attributes.Config{
		{Name: "staff_number", Label: "Staff number", Pattern: "[A-Z]{2}[0-9]{4}", Required: true, Edit: attributes.Person, Signup: true, Claim: staffClaim, Scope: "hr"},
		{Name: "floor", Label: "Floor", Type: attributes.Integer, View: attributes.Person, Claim: "floor", Scope: "hr"},
		{Name: "parking", Label: "Parking permit", Type: attributes.Boolean, Edit: attributes.Person},
		{Name: "grade", Label: "Pay grade", Claim: "grade"},
		{Name: "department", Label: "Department", Type: attributes.Choice, Choices: []string{"Sales", "R&D"}, View: attributes.Person, Claim: "department"},
	}
}

// employ sets attributes, as an operator does.
func (w *world) employ(p *storage.Person, c directory.Claims) error {
	_, err := w.App.Directory.Update(w.t.Context(), w.App.Tenant, p.ID, directory.UpdatePerson{Claims: c}, testkit.Operator())
	return err
}

// Attributes leave by their claims, to whom their scope was granted, and to nobody else.
func TestAttributesAreClaims(t *testing.T) {
	w := alone(t, schema)
	w.must(w.employ(w.person, directory.Claims{"staff_number": "AB1234", "floor": float64(4), "parking": true, "grade": payGrade, "department": "R&D"}))
	if w.employ(w.person, directory.Claims{"floor": "four"}) == nil || w.employ(w.person, directory.Claims{"shoe_size": "44"}) == nil {
		t.Error("what fits no rule was stored")
	}
	rp := w.Client(storage.ClientMetadata{Scope: "openid profile email hr"})
	b := w.Browser()
	page := b.Get(w.AuthURL(rp, "scope", "openid profile hr")).SignIn(w.email, testkit.Password)
	for _, want := range []string{"See these details about you: Staff number, Floor", "AB1234", "with: Pay grade, Department", "R&amp;D"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("consent does not say %q", want)
		}
	}
	if strings.Contains(page.Body, payGrade) {
		t.Error("consent shows what only operators see")
	}
	got := w.ok(w.Userinfo(w.ok(w.Redeem(rp, page.Allow().Params().Get("code"))).Text("access_token"))).JSON
	if got[staffClaim] != "AB1234" || got["floor"] != float64(4) || got["grade"] != payGrade || got["department"] != "R&D" {
		t.Errorf("%v", got)
	}
	for _, name := range []string{"staff_number", "parking"} {
		if _, told := got[name]; told {
			t.Errorf("%s left without a claim", name)
		}
	}
	other := w.ok(w.Userinfo(w.ok(w.Redeem(rp, w.Browser().Authorize(w.AuthURL(rp, "scope", "openid email"), w.email).Get("code"))).Text("access_token"))).JSON
	for _, name := range []string{staffClaim, "floor", "grade", "department"} {
		if other[name] != nil {
			t.Errorf("%s left without its scope", name)
		}
	}
	w.attributesByName(rp)
}

// attributesByName: the claims parameter asks for one of them, which consent says, and gets that one alone.
func (w *world) attributesByName(rp *testkit.RP) {
	w.t.Helper()
	page := w.Browser().Get(w.AuthURL(rp, "scope", "openid", "prompt", "consent", "claims", `{"userinfo":{"`+staffClaim+`":null,"grade":{"value":"E8"},"parking":null}}`)).SignIn(w.email, testkit.Password)
	if !strings.Contains(page.Body, "Staff number") {
		w.t.Errorf("consent does not say what is asked for: %.2000s", page.Body)
	}
	got := w.ok(w.Userinfo(w.ok(w.Redeem(rp, page.Allow().Params().Get("code"))).Text("access_token"))).JSON
	if got[staffClaim] != "AB1234" || got["grade"] != nil || got["floor"] != nil || got["parking"] != nil {
		w.t.Errorf("%v", got)
	}
}

func TestAttributesInDiscovery(t *testing.T) {
	w := alone(t, schema)
	doc := w.ok(w.Get("/.well-known/openid-configuration")).JSON
	has := func(list, name string) bool {
		all, _ := doc[list].([]any)
		return slices.Contains(all, any(name))
	}
	if !has("scopes_supported", "hr") || !has("claims_supported", staffClaim) || !has("claims_supported", "department") || has("claims_supported", "parking") {
		t.Errorf("%v %v", doc["scopes_supported"], doc["claims_supported"])
	}
	machine := w.Client(storage.ClientMetadata{GrantTypes: []string{"client_credentials"}, Scope: "hr"})
	if a := w.Call("/oauth2/token", machine, url.Values{"grant_type": {"client_credentials"}, "scope": {"hr"}}); a.Text("error") != "invalid_scope" {
		t.Errorf("a client's own token has a scope that means a person: %s", a.Body)
	}
}

// Whoever has no value of what everybody must have is asked before anything else, on every way in (the gate of required actions).
func TestRequired_CompleteProfile(t *testing.T) {
	w := alone(t, schema)
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	p := b.Get(w.AuthURL(rp)).SignIn(w.email, testkit.Password)
	w.mustFirst(p, "complete_profile")
	if !p.HasID("attribute-staff_number") || p.HasID("attribute-parking") {
		t.Error("asks for something else than what is missing")
	}
	w.shut(b, rp, "complete_profile")
	for _, wrong := range []string{"", "ab1", strings.Repeat("A", 5000)} {
		if r := p.Submit("staff_number", wrong); r.Status != http.StatusBadRequest || !r.HasID("attribute-staff_number-error") {
			t.Errorf("%.20q: %d", wrong, r.Status)
		}
	}
	q := p.Submit("staff_number", "AB1234", "floor", "7", "department", "Sales", "email", "boss@example.org", "admin", "true").Allow().Params()
	w.ok(w.Redeem(rp, q.Get("code")))
	own, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, w.email)
	w.must(err)
	claims, err := w.App.Directory.Claims(own)
	w.must(err)
	if claims["staff_number"] != "AB1234" || claims["floor"] != nil || claims["department"] != nil || own.Admin {
		t.Errorf("%v", claims)
	}
	for _, page := range []string{"/account", "/account/delete"} {
		if got := b.Get(page); got.URL.Path != page {
			t.Errorf("%s: the gate stays shut: %s", page, got.URL.Path)
		}
	}
}

// People change what is theirs and see what they may; the rest of a form changes nothing and is on record (PW22).
func TestPW22_AttributesOnTheProfile(t *testing.T) {
	w := alone(t, schema)
	w.must(w.employ(w.person, directory.Claims{"staff_number": "AB1234", "floor": float64(4), "grade": payGrade}))
	b := w.Browser()
	b.Get("/login").SignIn(w.email, testkit.Password)
	p := b.Get("/account/profile")
	if !p.HasID("attribute-staff_number") || !p.HasID("attribute-parking") || !p.HasID("attribute-floor") || strings.Contains(p.Body, payGrade) || p.HasID("attribute-department") {
		t.Errorf("%.3000s", p.Body)
	}
	saved := p.Submit("staff_number", "CD5678", "parking", "false", "address.street_address", "Ilica 1", "address.country", "Hrvatska")
	if saved.Status != http.StatusOK || !saved.HasID("profile-saved") {
		t.Fatalf("%d %.500s", saved.Status, saved.Body)
	}
	if r := saved.Submit("staff_number", ""); r.Status != http.StatusBadRequest || !r.HasID("attribute-staff_number-error") {
		t.Errorf("what everybody must have was taken away: %d", r.Status)
	}
	for _, name := range []string{"floor", "grade", "department", "address.formatted", "shoe_size"} {
		if r := saved.Submit(name, "9"); r.Status != http.StatusBadRequest || r.HasID("profile-saved") {
			t.Errorf("%s: %d", name, r.Status)
		}
	}
	evs, err := w.App.DB.AuditEvents(t.Context(), w.App.Tenant, storage.AuditFilter{Type: audit.UserUpdate, Actor: w.person.ID.String(), Limit: 50})
	w.must(err)
	if len(evs) != 6 {
		t.Errorf("%d events, want 5 refusals and a change", len(evs))
	}
	own, err := w.App.DB.PersonByID(t.Context(), w.App.Tenant, w.person.ID)
	w.must(err)
	claims, err := w.App.Directory.Claims(own)
	w.must(err)
	address, _ := claims["address"].(map[string]any)
	if claims["staff_number"] != "CD5678" || claims["parking"] != false || claims["floor"] != float64(4) || claims["grade"] != payGrade || address["street_address"] != "Ilica 1" || address["country"] != "Hrvatska" || address["formatted"] != nil {
		t.Errorf("%v", claims)
	}
}

// Sign-up asks for what the schema says, and takes nothing else.
func TestAttributesAtSignup(t *testing.T) {
	w := alone(t, schema)
	b := w.Browser()
	w.wish(b, "new@example.org")
	link := w.Mail("new@example.org").Link()
	p := b.Get(link)
	if !p.HasID("attribute-staff_number") || p.HasID("attribute-parking") {
		t.Error("asks for something else than the schema says")
	}
	if r := p.Submit("new_password", "a long enough phrase", "staff_number", "nobody"); r.Status != http.StatusBadRequest || !r.HasID("attribute-staff_number-error") {
		t.Errorf("%d", r.Status)
	}
	w.noAccount("new@example.org")
	w.finished(b, link, "staff_number", "AB1234", "parking", "true", "grade", "E9")
	made, err := w.App.Directory.ByIdentifier(t.Context(), w.App.Tenant, "new@example.org")
	w.must(err)
	claims, err := w.App.Directory.Claims(made)
	w.must(err)
	if claims["staff_number"] != "AB1234" || claims["parking"] != nil || claims["grade"] != nil {
		t.Errorf("%v", claims)
	}
}
