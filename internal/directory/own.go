package directory

import (
	"context"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Own lists the claims that people change themselves. What is proven (email, phone_number, and whether they are verified), what one signs in with
// (username) and what others take for a name (preferred_username) is not among them; what gives power (state, admin, sub) is no claim (PW22).
func Own() []string {
	return []string{"name", "given_name", "middle_name", "family_name", "nickname", "gender", "birthdate", "picture", "website", "profile", "zoneinfo", "locale"}
}

// IsOwn reports whether people change this claim themselves.
func IsOwn(name string) bool { return slices.Contains(Own(), name) }

// UpdateOwn changes what a person may change of their profile; an empty value removes a claim, a name that is not in values stays. problems names the
// claims that cannot be stored so; then nothing is written. What is not the person's to change is a problem too.
func (d *Directory) UpdateOwn(ctx context.Context, p *storage.Person, values map[string]string) (problems []string, err error) {
	now, err := d.profile(p)
	if err != nil {
		return nil, err
	}
	patch := Claims{}
	for name, text := range values {
		text = strings.TrimSpace(text)
		check, known := standard(name)
		switch {
		case !known || !IsOwn(name):
			problems = append(problems, name)
		case text == now.String(name):
		case text == "":
			patch[name] = nil
		default:
			value, problem := check(text)
			if problem != "" {
				problems = append(problems, name)
			}
			patch[name] = value
		}
	}
	if len(problems) > 0 || len(patch) == 0 {
		return problems, nil
	}
	_, err = d.Update(ctx, p.Tenant, p.ID, UpdatePerson{Claims: patch}, Actor{Kind: audit.Person, ID: p.ID.String()})
	return nil, err
}
