package register

import (
	"cmp"
	"context"
	"strings"

	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/storage"
)

// checkProfile holds a registration against its profile and the server's (provider/core/profiles).
func checkProfile(_ context.Context, c candidate) error {
	wrong := profiles.Judge(c.ClientMetadata, c.r.d.Profiles)
	if wrong == nil {
		return nil
	}
	code := CodeMetadata
	if wrong.Member == "redirect_uris" {
		code = CodeRedirectURI
	}
	return problem(code, wrong.Member, wrong.Problem)
}

// settle fills in what a registration leaves open: its profiles' settings first, then the defaults of every registration, as far as they are below its
// profiles' ceiling.
func (r *Registrar) settle(m *storage.ClientMetadata) {
	open := m.Scope == ""
	profiles.Fill(m, r.d.Profiles)
	complete(m)
	if open {
		m.Scope = strings.Join(profiles.Within(strings.Fields(m.Scope), profiles.DemandsOf(m, r.d.Profiles).Scopes), " ")
	}
}

// lower leaves out scopes above the ceiling of the profile mcp, for clients that register themselves: like those that the policy does not have. A client
// that may have nothing of what it would have is told so.
func (r *Registrar) lower(m *storage.ClientMetadata) error {
	most := profiles.DemandsOf(m, r.d.Profiles).Scopes
	asked := strings.Fields(m.Scope)
	left := profiles.Within(asked, most)
	if len(asked) > 0 && len(left) == 0 {
		return refuse("scope", "must have a scope that clients under the profile mcp may have: "+words(most, "or"))
	}
	m.Scope = strings.Join(left, " ")
	return nil
}

// fitProfile keeps a client under the profile that the operator put it under, or that all are put under who register themselves.
func (c Config) fitProfile(m, old *storage.ClientMetadata) error {
	must := cmp.Or(old.Profile, c.Profile)
	if must == "" {
		return nil
	}
	if m.Profile != "" && m.Profile != must {
		return refuse("profile", "must be "+must+", or left out")
	}
	m.Profile = must
	return nil
}

// denied are the members that a registration says are false.
func denied(given map[string]any) []string {
	var out []string
	for name, v := range given {
		if v == false {
			out = append(out, name)
		}
	}
	return out
}
