package required

import (
	"net/http"

	"github.com/jedan-auth/jedan-auth/web"
)

func showTerms(m *Module, v *visit) error {
	page := web.RequiredPage{Action: web.RequiredTerms, Version: m.d.Rules.Terms.Version, TermsURL: m.d.Rules.Terms.URL}
	if v.person.TermsAt != nil {
		page.Accepted = *v.person.TermsAt
	}
	return m.render(v, http.StatusOK, page)
}

// takeTerms accepts the version that was shown, if it is still the one: nobody accepts what they were not shown.
func takeTerms(m *Module, v *visit) error {
	if v.form.Get("version") != m.d.Rules.Terms.Version {
		return m.on(v)
	}
	if err := m.d.Directory.AcceptTerms(v.ctx(), v.person.Tenant, v.person.ID, m.d.Rules.Terms.Version); err != nil {
		return err
	}
	return m.on(v)
}
