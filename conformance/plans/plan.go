package plans

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrUnknownPlan is returned by Find for a name that no plan has.
var ErrUnknownPlan = errors.New("unknown conformance plan")

// Plan is one certification plan of the suite with everything that the provider under test must be given for it.
type Plan struct {
	// Name is our short name, as in `jedan-auth conformance run oidcc-basic`.
	Name string
	// SuitePlan is the suite's own name of the plan.
	SuitePlan string
	// Title says in words what is certified.
	Title string
	// Variant is what the suite leaves to the tester: how metadata and clients come about, and sometimes the response type.
	Variant map[string]string

	clients []clientTemplate
	browser []script
	config  map[string]any    // further members of the suite's configuration
	modules map[string]module // those of the plan that need something of their own
}

// clientTemplate is one client to register; its strings still hold placeholders.
type clientTemplate struct {
	role string
	piece
}

// script is one entry of the suite's browser block: what to do when it opens a URL that matches.
type script struct {
	match string
	limit int // how often it is used; 0: always
	tasks []map[string]any
}

// module is what one module needs.
type module struct {
	browser    []script
	scripted   bool // browser replaces the plan's
	ownClients bool // clients that nobody has consented to yet
	rotateKeys bool
}

// RotatesKeys reports whether the provider's signing keys must be rotated between the creation of a module and its start.
func (p Plan) RotatesKeys(module string) bool {
	return p.modules[module].rotateKeys
}

// HasScript reports whether the browser does something of its own in a module, which it must where a picture is wanted.
func (p Plan) HasScript(module string) bool {
	return p.modules[module].scripted
}

// RegistersClients reports whether the suite registers the plan's clients itself, so that it needs an initial access token.
func (p Plan) RegistersClients() bool {
	return p.uses("{initial_access_token}")
}

// UsesResource reports whether the plan's access tokens are for a resource server other than the UserInfo endpoint.
func (p Plan) UsesResource() bool {
	return p.uses("{resource}")
}

func (p Plan) uses(placeholder string) bool {
	found := false
	filler{func(s string) string {
		found = found || strings.Contains(s, placeholder)
		return s
	}}.fill(p.config)
	return found
}

// All returns every plan, ordered by name. An error means that the embedded data is broken.
func All() ([]Plan, error) {
	return load(files)
}

// Find returns the plan of that short name, or ErrUnknownPlan with the names that exist.
func Find(name string) (Plan, error) {
	found, err := Match(name)
	if err != nil {
		return Plan{}, err
	}
	if len(found) != 1 {
		return Plan{}, fmt.Errorf("%w %q: it matches more than one", ErrUnknownPlan, name)
	}
	return found[0], nil
}

// Match returns the plans whose name fits a name or a pattern such as fapi2-*, or ErrUnknownPlan with the names that exist.
func Match(pattern string) ([]Plan, error) {
	all, err := All()
	if err != nil {
		return nil, err
	}
	var found []Plan
	names := make([]string, 0, len(all))
	for _, p := range all {
		if Fits(pattern, p.Name) {
			found = append(found, p)
		}
		names = append(names, p.Name)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w %q: there are %s", ErrUnknownPlan, pattern, strings.Join(names, ", "))
	}
	return found, nil
}

// Fits reports whether a plan's name is the pattern, whose stars stand for any text.
func Fits(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// scriptedModules are those with a browser script of their own, ordered by name.
func (p Plan) scriptedModules() []string {
	var out []string
	for name, m := range p.modules {
		if m.scripted {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
