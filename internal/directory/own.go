package directory

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Own lists the claims that people change themselves, and the parts of the address as addressPart writes them. What is proven (email, phone_number, and
// whether they are verified), what one signs in with (username) and what others take for a name (preferred_username) is not among them; what gives power
// (state, admin, sub) is no claim (PW22).
func Own() []string {
	own := []string{"name", "given_name", "middle_name", "family_name", "nickname", "gender", "birthdate", "picture", "website", "profile", "zoneinfo", "locale"}
	for _, part := range addressParts() {
		own = append(own, addressPart+part)
	}
	return own
}

func isOwn(name string) bool { return slices.Contains(Own(), name) }

// IsOwn reports whether people change this claim or attribute themselves.
func (d *Directory) IsOwn(name string) bool {
	return isOwn(name) || d.d.Attributes != nil && d.d.Attributes.Own(name)
}

// UpdateOwn changes what a person may change of their profile; an empty value removes a claim, a name that is not in values stays. problems names the
// claims that cannot be stored so; then nothing is written. What is not the person's to change is a problem too.
func (d *Directory) UpdateOwn(ctx context.Context, p *storage.Person, values map[string]string) (problems []string, err error) {
	now, err := d.profile(p)
	if err != nil {
		return nil, err
	}
	patch, address := Claims{}, map[string]string{}
	for name, text := range values {
		text = strings.TrimSpace(text)
		part, ofAddress := strings.CutPrefix(name, addressPart)
		switch {
		case !d.IsOwn(name):
			problems = append(problems, name)
		case ofAddress:
			address[part] = text
		case text != now.Form(name) || text == "":
			problems = d.takeOwn(patch, now, name, text, problems)
		}
	}
	problems = append(problems, takeAddress(patch, now, address)...)
	if len(problems) > 0 || len(patch) == 0 {
		return problems, nil
	}
	_, err = d.Update(ctx, p.Tenant, p.ID, UpdatePerson{Claims: patch}, Actor{Kind: audit.Person, ID: p.ID.String()})
	return nil, err
}

// takeOwn reads what a person wrote into the patch, or adds to the problems.
func (d *Directory) takeOwn(patch, now Claims, name, text string, problems []string) []string {
	value, ok := d.read(name, text)
	switch {
	case !ok:
		return append(problems, name)
	case value != nil, now[name] != nil:
		patch[name] = value
	}
	return problems
}

// read is the value of what a person wrote; nil for nothing, false for what cannot be stored.
func (d *Directory) read(name, text string) (value any, ok bool) {
	check, known := standard(name)
	switch {
	case !known:
		value, problem := d.d.Attributes.Parse(name, text)
		return value, problem == ""
	case text == "":
		return nil, true
	}
	value, problem := check(text)
	return value, problem == ""
}

// addressPart stands before the parts of the claim address where each is a field of its own.
const addressPart = "address."

// addressParts are the parts that people change themselves (OpenID Connect Core section 5.1.1), in the order of forms.
func addressParts() []string {
	return []string{"street_address", "postal_code", "locality", "region", "country"}
}

// takeAddress puts an address into the patch if a part of it changes. How it is written as a whole (formatted) was of the old one.
func takeAddress(patch, now Claims, parts map[string]string) (problems []string) {
	old, _ := members(now[claimAddress])
	next := maps.Clone(old)
	for part, text := range parts {
		switch {
		case text == now.Form(addressPart+part):
		case text == "":
			delete(next, part)
		default:
			if _, problem := address(map[string]any{part: text}); problem != "" {
				problems = append(problems, addressPart+part)
			}
			if next == nil {
				next = map[string]any{}
			}
			next[part] = text
		}
	}
	if maps.Equal(old, next) {
		return problems
	}
	delete(next, "formatted")
	if patch[claimAddress] = any(next); len(next) == 0 {
		patch[claimAddress] = nil
	}
	return problems
}

// Form is a claim, or a part of the address, as a field of a form has it: one line.
func (c Claims) Form(name string) string {
	if part, ok := strings.CutPrefix(name, addressPart); ok {
		whole, _ := members(c[claimAddress])
		text, _ := whole[part].(string)
		return strings.ReplaceAll(text, "\n", ", ")
	}
	switch v := c[name].(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
