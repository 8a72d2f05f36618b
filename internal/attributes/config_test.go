package attributes

import (
	"strings"
	"testing"
)

func ptr(n int64) *int64 { return &n }

// acme is a schema with one attribute of each type.
func acme() Config {
	return Config{
		{Name: "staff_number", Label: "Staff number", Labels: map[string]string{"de": "Personalnummer"}, Pattern: "[A-Z]{2}[0-9]{4}", Required: true, Edit: Person, Signup: true, Claim: "https://acme.example/staff", Scope: "hr"},
		{Name: "floor", Label: "Floor", Type: Integer, Min: ptr(-2), Max: ptr(40), View: Person, Claim: "floor", Scope: "hr"},
		{Name: "parking", Label: "Parking permit", Type: Boolean, Edit: Person},
		{Name: "joined", Label: "Day of joining", Type: Date, Claim: "joined_at"},
		{Name: "page", Label: "Page", Type: URL, Edit: Person},
		{Name: "department", Label: "Department", Type: Choice, Choices: []string{"Sales", "R&D"}, View: Person, Claim: "department"},
	}
}

func TestConfigRefused(t *testing.T) {
	if err := acme().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(a *Attribute){
		"lower case":      func(a *Attribute) { a.Name = "Staff" },
		"standard claim":  func(a *Attribute) { a.Name = "email" },
		"label is":        func(a *Attribute) { a.Label = " " },
		"no language":     func(a *Attribute) { a.Labels = map[string]string{"german!": "x"} },
		"type must":       func(a *Attribute) { a.Type = "blob" },
		"choices belongs": func(a *Attribute) { a.Choices = []string{"a"} },
		"different short": func(a *Attribute) { a.Type, a.Pattern, a.Choices = Choice, "", []string{"a", "a"} },
		"pattern belongs": func(a *Attribute) { a.Type = Integer },
		"missing closing": func(a *Attribute) { a.Pattern = "(" },
		"min and max bel": func(a *Attribute) { a.Type, a.Pattern, a.Max = Date, "", ptr(3) },
		"fit no value":    func(a *Attribute) { a.Max = ptr(5000) },
		"view and edit":   func(a *Attribute) { a.View = "everybody" },
		"required needs":  func(a *Attribute) { a.Edit = Operator },
		"claim is a":      func(a *Attribute) { a.Claim = "sub" },
		"claim must be":   func(a *Attribute) { a.Claim = "http://acme.example/x" },
		"claim must":      func(a *Attribute) { a.Claim = `https://acme.example/"x` },
		"scope must be":   func(a *Attribute) { a.Scope = "groups" },
		"used once":       func(a *Attribute) { a.Name = "floor" },
		"claim must be u": func(a *Attribute) { a.Claim = "floor" },
	} {
		c := acme()
		change(&c[0])
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// What the protocol and power are made of is nobody's attribute (PW22).
func TestReservedNames(t *testing.T) {
	for _, name := range strings.Fields("iss sub aud exp acr amr azp cnf act client_id scope groups roles email email_verified phone_number_verified username updated_at admin state password csrf") {
		c := Config{{Name: name, Label: "x"}}
		if err := c.Validate(); err == nil {
			t.Errorf("%s as a name", name)
		}
		c = Config{{Name: "x", Label: "x", Claim: name}}
		if err := c.Validate(); err == nil && !strings.Contains("admin state password csrf", name) {
			t.Errorf("%s as a claim", name)
		}
	}
}
