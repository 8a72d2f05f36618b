package plans

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed data/*.json
var files embed.FS

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

	clients   []clientTemplate
	browser   []script
	overrides map[string][]script
}

// clientTemplate is one client to register; its strings still hold placeholders.
type clientTemplate struct {
	role     string
	metadata map[string]any
}

// script is one entry of the suite's browser block: what to do when it opens a URL that matches.
type script struct {
	match string
	tasks []map[string]any
}

// planFile is the form of data/plan-*.json.
type planFile struct {
	Name      string                  `json:"name"`
	SuitePlan string                  `json:"suite_plan"`
	Title     string                  `json:"title"`
	Variant   map[string]string       `json:"variant"`
	Clients   []string                `json:"clients"`
	Metadata  map[string]any          `json:"metadata"`
	Browser   []scriptFile            `json:"browser"`
	Overrides map[string][]scriptFile `json:"overrides"`
}

// scriptFile names its tasks; data/steps.json says what each of them is.
type scriptFile struct {
	Match string   `json:"match"`
	Tasks []string `json:"tasks"`
}

// shared is what several plans refer to by name.
type shared struct {
	steps   map[string]map[string]any
	clients map[string]map[string]any
}

// All returns every plan, ordered by name. An error means that the embedded data is broken.
func All() ([]Plan, error) {
	return load(files)
}

// Find returns the plan of that short name, or ErrUnknownPlan with the names that exist.
func Find(name string) (Plan, error) {
	all, err := All()
	if err != nil {
		return Plan{}, err
	}
	names := make([]string, 0, len(all))
	for _, p := range all {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Plan{}, fmt.Errorf("%w %q: there are %s", ErrUnknownPlan, name, strings.Join(names, ", "))
}

func load(src fs.FS) ([]Plan, error) {
	var common shared
	if err := decode(src, "data/steps.json", &common.steps); err != nil {
		return nil, err
	}
	if err := decode(src, "data/clients.json", &common.clients); err != nil {
		return nil, err
	}
	names, err := fs.Glob(src, "data/plan-*.json")
	if err != nil {
		return nil, fmt.Errorf("list conformance plans: %w", err)
	}
	all := make([]Plan, 0, len(names))
	for _, name := range names {
		var f planFile
		if err := decode(src, name, &f); err != nil {
			return nil, err
		}
		p, err := f.resolve(common)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Plan) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// decode is strict: a misspelt member would silently leave a step or a client out.
func decode(src fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(src, name)
	if err != nil {
		return fmt.Errorf("read conformance data: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decode %s: %w", name, err)
	}
	return nil
}

func (f planFile) resolve(common shared) (Plan, error) {
	p := Plan{Name: f.Name, SuitePlan: f.SuitePlan, Title: f.Title, Variant: f.Variant, overrides: map[string][]script{}}
	for _, role := range f.Clients {
		base, ok := common.clients[role]
		if !ok {
			return Plan{}, fmt.Errorf("client %q is not in clients.json", role)
		}
		metadata := maps.Clone(base)
		maps.Copy(metadata, f.Metadata)
		p.clients = append(p.clients, clientTemplate{role: role, metadata: metadata})
	}
	var err error
	if p.browser, err = common.scripts(f.Browser); err != nil {
		return Plan{}, err
	}
	for module, s := range f.Overrides {
		if p.overrides[module], err = common.scripts(s); err != nil {
			return Plan{}, fmt.Errorf("%s: %w", module, err)
		}
	}
	return p, p.checkPlaceholders()
}

func (c shared) scripts(in []scriptFile) ([]script, error) {
	out := make([]script, 0, len(in))
	for _, s := range in {
		resolved := script{match: s.Match}
		for _, name := range s.Tasks {
			step, ok := c.steps[name]
			if !ok {
				return nil, fmt.Errorf("step %q is not in steps.json", name)
			}
			resolved.tasks = append(resolved.tasks, step)
		}
		out = append(out, resolved)
	}
	return out, nil
}
