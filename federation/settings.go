package federation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// LinkRule says what happens when an upstream's person has an address that is somebody's here already.
type LinkRule string

// Rules of linking. Nobody is linked on an address that the upstream has not verified, whatever the rule.
const (
	LinkDeny     LinkRule = "deny"           // the sign-in is refused; the person can link the two on their own pages
	LinkPrompt   LinkRule = "prompt"         // the person signs in here once, and says yes
	LinkVerified LinkRule = "verified_email" // both sides have verified the address: that is enough
)

// Settings are what connectors of every kind have.
type Settings struct {
	Create    bool              `json:"create"`                  // an account is made for whom nobody here is
	Link      LinkRule          `json:"link,omitempty"`          // empty: prompt
	AskEmail  bool              `json:"ask_email,omitempty"`     // a new account that the upstream has said no address of is asked for one
	Hidden    bool              `json:"hidden,omitempty"`        // the sign-in page shows no button for it
	Clients   []string          `json:"clients,omitempty"`       // client_ids of the applications that it serves; empty: all
	Home      Home              `json:"home,omitzero"`           // who is led to it
	Hint      bool              `json:"hint,omitempty"`          // login_hint goes to the upstream
	Overwrite []string          `json:"overwrite,omitempty"`     // claims that its word replaces at each sign-in
	Mapping   map[string]string `json:"mapping,omitempty"`       // our claim to a CEL expression over claims, profile and groups
	MFA       string            `json:"mfa,omitempty"`           // CEL over acr and amr: true where its second factor counts here
	Groups    []GroupRule       `json:"groups,omitempty"`        // memberships here that follow from what it says
	Tokens    bool              `json:"tokens,omitempty"`        // its tokens are kept
	SignOut   bool              `json:"sign_out,omitempty"`      // whoever signs out here is signed out there, too
	Lands     string            `json:"lands_at,omitempty"`      // client_id of the application at which those land whom the upstream sends by itself
	Grace     int               `json:"grace_seconds,omitempty"` // how long one that does not answer ends nothing; 0: an hour
	Config    json.RawMessage   `json:"config"`                  // the kind's own
}

// Home says whom the sign-in page leads to a connector: by what they type, where they are or which application they come from, never by whether they have an
// account. Whoever administers this server can go round it with /login?local=1.
type Home struct {
	Domains  []string `json:"domains,omitempty"`  // of addresses that are typed, or come as login_hint
	Networks []string `json:"networks,omitempty"` // CIDR
	Always   bool     `json:"always,omitempty"`   // whoever comes from the applications in clients
}

func (h Home) validate(clients []string) error {
	for _, d := range h.Domains {
		if d == "" || d != strings.ToLower(d) || strings.ContainsAny(d, "@ /*") || !strings.Contains(d, ".") {
			return errs.New(errs.Invalid, "home.domains has names such as acme.example, in small letters.")
		}
	}
	for _, n := range h.Networks {
		if p, err := netip.ParsePrefix(n); err != nil || p.Masked() != p {
			return errs.New(errs.Invalid, "home.networks has networks such as 10.1.0.0/16.")
		}
	}
	if h.Always && len(clients) == 0 {
		return errs.New(errs.Invalid, "home.always is for the applications in clients: name some.")
	}
	return nil
}

// GroupRule makes somebody a member of a group here.
type GroupRule struct {
	Group string `json:"group"`          // its name here; roles come by explicit rule alone (FE10)
	When  string `json:"when"`           // CEL as in mapping; one that fails changes nothing
	Keep  bool   `json:"keep,omitempty"` // they stay in it when it is not so any more
}

// maxGroupRules bounds what one sign-in evaluates.
const maxGroupRules = 200

// Bounds of Settings.Grace, in seconds.
const (
	defaultGrace = 3600
	maxGrace     = 30 * 24 * 3600
)

// maxSettings bounds a row's settings, in bytes.
const maxSettings = 64 << 10

// parseSettings reads settings strictly: one object, no member that is not known.
func parseSettings(raw []byte) (Settings, error) {
	var s Settings
	if len(raw) > maxSettings {
		return s, errs.New(errs.TooLarge, "The settings of a connector are too large.")
	}
	if err := Strict(raw, &s); err != nil {
		return s, errs.Wrap(errs.Invalid, "The settings of a connector are not one JSON object with the members that it has.", err)
	}
	if s.Link == "" {
		s.Link = LinkPrompt
	}
	return s, s.validate()
}

// Strict reads one JSON object without a member that is not known: what operators write, here and in the kinds.
func Strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.Decode(&struct{}{}) != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

func (s Settings) validate() error {
	if !slices.Contains([]LinkRule{LinkDeny, LinkPrompt, LinkVerified}, s.Link) {
		return errs.New(errs.Invalid, "link is deny, prompt or verified_email.")
	}
	if err := s.Home.validate(s.Clients); err != nil {
		return err
	}
	if s.Grace < 0 || s.Grace > maxGrace {
		return errs.New(errs.Invalid, fmt.Sprintf("grace_seconds is 0 to %d.", maxGrace))
	}
	if len(s.Config) == 0 {
		return errs.New(errs.Invalid, "A connector needs a config.")
	}
	_, err := newMapper(s)
	return err
}

// Serves says whether an application's people may use it.
func (s Settings) Serves(clientID string) bool {
	return len(s.Clients) == 0 || slices.Contains(s.Clients, clientID)
}

// nameShape is what a connector's name looks like: it stands in addresses for good.
var nameShape = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)

// ValidName refuses names that cannot be, or that stand for something else in addresses.
func ValidName(name string) error {
	reserved := []string{"idp", "forward-auth", "local", "test", "start", "callback"}
	if !nameShape.MatchString(name) || slices.Contains(reserved, name) {
		return errs.New(errs.Invalid, fmt.Sprintf("A connector's name is 2 to 32 small letters, digits and -, and none of %s.", strings.Join(reserved, ", ")))
	}
	return nil
}
