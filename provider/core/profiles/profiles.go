package profiles

import (
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Names of the profiles.
const (
	OAuth21       = "oauth2.1"
	FAPI1         = "fapi1-advanced"
	FAPI2         = "fapi2-security"
	FAPI2Messages = "fapi2-message-signing"
	FAPICIBA      = "fapi-ciba"
	MCP           = "mcp"
)

// Server is what of the configuration the profiles look at.
type Server struct {
	Profile string        // of every client, beside its own; empty: none
	Skew    time.Duration // tolerated difference of clocks
	MCP     Ceiling
}

// Ceiling is the most that clients under mcp may be granted. Zero members bound nothing.
type Ceiling struct {
	Scopes []string
	Access time.Duration // lifetime of an access token
	Grant  time.Duration // lifetime of a grant and its refresh tokens
}

// Rule is one rule of a profile.
type Rule struct {
	Name    string // within its profile, such as pushed
	Member  string // of a registration: what the rule is about
	Section string // of the specification
	// Set fills in what the registration leaves open; nil: nothing.
	Set func(m *storage.ClientMetadata, s Server)
	// Wrong says what the member must be, if what it is contradicts the rule: the rest of a sentence that begins with the member.
	Wrong func(m *storage.ClientMetadata, s Server) string
}

// Profile is a table of rules.
type Profile struct {
	Name, Title string
	Rules       []Rule
	Demands     Demands
	Offer       Offer
}

// Offer is what clients under a profile can use; discovery says no more where the whole server is under it. Lists that are nil bound nothing.
type Offer struct {
	Algs, AuthMethods, ResponseTypes, Modes, Grants []string
	NotGrants                                       []string // are never offered
	Signed, Pushed                                  bool     // every authorization request is
}

// All are the profiles in the order that they are named in.
func All() []Profile {
	return []Profile{oauth21(), fapi1(), fapi2(), fapi2Messages(), fapiCIBA(), mcp()}
}

// Names are the names of the profiles.
func Names() []string {
	var out []string
	for _, p := range All() {
		out = append(out, p.Name)
	}
	return out
}

// Find returns a profile by its name.
func Find(name string) (Profile, bool) {
	all := All()
	i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return all[i], true
}

// of are the profiles that a client is under: its own and the server's.
func of(m *storage.ClientMetadata, s Server) []Profile {
	var out []Profile
	for _, name := range []string{m.Profile, s.Profile} {
		p, ok := Find(name)
		if ok && (len(out) == 0 || out[0].Name != name) {
			out = append(out, p)
		}
	}
	return out
}

// Fill writes into a registration what its profiles set where it says nothing. It comes before the defaults of RFC 7591.
func Fill(m *storage.ClientMetadata, s Server) {
	for _, p := range of(m, s) {
		for _, r := range p.Rules {
			if r.Set != nil {
				r.Set(m, s)
			}
		}
	}
}

// Contradiction is a setting that breaks a rule of a profile.
type Contradiction struct {
	Rule    string // profile and name, such as fapi2-security.pushed
	Member  string
	Problem string // the rest of a sentence that begins with the member
}

// Sentence says which setting breaks which rule.
func (c *Contradiction) Sentence() string { return c.Member + " " + c.Problem }

// Judge returns the first contradiction between a registration and its profiles, or nil.
func Judge(m *storage.ClientMetadata, s Server) *Contradiction {
	if m.Profile != "" && !slices.Contains(Names(), m.Profile) {
		return &Contradiction{Rule: "profile.known", Member: "profile", Problem: "must be " + anyOf(Names())}
	}
	for _, p := range of(m, s) {
		for _, r := range p.Rules {
			if wrong := r.Wrong(m, s); wrong != "" {
				return &Contradiction{Rule: p.Name + "." + r.Name, Member: r.Member, Problem: wrong + " under the profile " + p.Name + " (" + r.Section + ")"}
			}
		}
	}
	return nil
}

// Under is a stored client as its profiles have it: with what they set, and disabled if it contradicts them.
func Under(c *storage.Client, s Server) (*storage.Client, *Contradiction) {
	if len(of(&c.Metadata, s)) == 0 {
		return c, nil
	}
	out := *c
	Fill(&out.Metadata, s)
	wrong := Judge(&out.Metadata, s)
	out.Disabled = c.Disabled || wrong != nil
	return &out, wrong
}

func anyOf(list []string) string { return listed(list, "or") }

func listed(list []string, and string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " " + and + " " + list[len(list)-1]
}
