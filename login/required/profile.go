package required

import (
	"net/http"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// profileDue asks for attributes that everybody must have a value of.
func profileDue(r *Rules, _ *storage.Person, own directory.Claims) bool {
	return len(r.missing(own)) > 0
}

func (r *Rules) missing(own directory.Claims) []attributes.Attribute {
	return slices.DeleteFunc(r.Attributes.Those(attributes.Attribute.Needed), func(a attributes.Attribute) bool { return own[a.Name] != nil })
}

func showProfile(m *Module, v *visit) error { return m.profilePage(v, http.StatusOK, nil) }

// profilePage asks for what is missing. What was sent stands in its field.
func (m *Module) profilePage(v *visit, status int, problems []string) error {
	own, err := m.d.Directory.Claims(v.person)
	if err != nil {
		return err
	}
	wrong := func(name string) bool { return slices.Contains(problems, name) }
	return m.render(v, status, web.RequiredPage{
		Action: web.RequiredProfile, Attributes: attributes.Pages(m.d.Rules.missing(own), m.d.Steps.Lang(v.c, v.st), v.form.Get, wrong),
	})
}

// takeProfile reads the attributes that are missing, and nothing else of the form (PW22).
func takeProfile(m *Module, v *visit) error {
	own, err := m.d.Directory.Claims(v.person)
	if err != nil {
		return err
	}
	values := map[string]string{}
	for _, a := range m.d.Rules.missing(own) {
		values[a.Name] = v.form.Get(a.Name)
	}
	problems, err := m.d.Directory.UpdateOwn(v.ctx(), v.person, values)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return m.profilePage(v, http.StatusBadRequest, problems)
	}
	return m.on(v)
}
