package consent

import (
	"context"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// stepUp marks what the person allowed this very client before, so that a request
// for more asks only for what is new. Everything is asked again when the earlier
// answer does not count any more, was about other resources, or covers it all and
// the person is asked nevertheless.
func (m *Module) stepUp(ctx context.Context, a *asked) error {
	if slices.Contains(strings.Fields(a.flow.Params.Get("prompt")), "consent") {
		return nil
	}
	c, err := m.d.Consents.ConsentFor(ctx, m.d.Tenant, a.cur.Person.ID, a.view.Client)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil || !m.counts(c, a.view.Binding) {
		return err
	}
	for _, r := range a.view.Resources {
		if !c.Resources.Has(r) {
			return nil
		}
	}
	a.view.Scopes = marked(a.view.Scopes, c)
	return nil
}

// counts reports whether an answer still stands for what is shown now.
func (m *Module) counts(c *storage.Consent, binding string) bool {
	return c.Binding == binding && m.d.Now().Before(c.UpdatedAt.Add(m.cfg.RememberFor))
}

// marked are the scopes with those marked that the answer allows, if there is
// anything that it says nothing of.
func marked(scopes []Scope, c *storage.Consent) []Scope {
	out, fresh := slices.Clone(scopes), false
	for i, s := range scopes {
		off := c.Declined.Has(s.Name)
		out[i].Allowed = c.Scopes.Has(s.Name) && !off && !s.Once
		fresh = fresh || !out[i].Allowed && !off
	}
	if !fresh {
		return scopes
	}
	return out
}
