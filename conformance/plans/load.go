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

// planFile is one plan, or what a family of them has in common.
type planFile struct {
	Name      string              `json:"name"`
	SuitePlan string              `json:"suite_plan"`
	Title     string              `json:"title"`
	Variant   map[string]string   `json:"variant"`
	Clients   map[string][]string `json:"clients"` // by role: the pieces of clients.json that make the registration
	Config    map[string]any      `json:"config"`  // further members of the suite's configuration
	Browser   string              `json:"browser"` // a script of scripts.json
}

// family is the form of data/family-*.json.
type family struct {
	planFile
	Modules string     `json:"modules"` // how the names of the modules begin
	Plans   []planFile `json:"plans"`
}

// piece is a part of a client. Later pieces win over earlier ones.
type piece struct {
	Metadata    map[string]any `json:"metadata"`    // RFC 7591 names
	Suite       map[string]any `json:"suite"`       // further members of what the suite is told of the client
	Key         string         `json:"key"`         // algorithm of a key to be made, whose public part is registered
	Certificate string         `json:"certificate"` // "used": one is made for the suite; "registered": it is in the registration, too
}

// scriptFile names its tasks; data/steps.json says what each of them is.
type scriptFile struct {
	Match string   `json:"match"`
	Limit int      `json:"limit"`
	Tasks []string `json:"tasks"`
}

// moduleFile is an entry of data/modules.json.
type moduleFile struct {
	Browser     string `json:"browser"`
	OwnClients  bool   `json:"own_clients"`
	BeforeStart string `json:"before_start"`
}

// shared is what several plans refer to by name.
type shared struct {
	steps   map[string]map[string]any
	pieces  map[string]piece
	scripts map[string][]scriptFile
	modules map[string]moduleFile
}

func load(src fs.FS) ([]Plan, error) {
	var common shared
	for name, into := range map[string]any{"steps": &common.steps, "clients": &common.pieces, "scripts": &common.scripts, "modules": &common.modules} {
		if err := decode(src, "data/"+name+".json", into); err != nil {
			return nil, err
		}
	}
	names, err := fs.Glob(src, "data/family-*.json")
	if err != nil {
		return nil, fmt.Errorf("list conformance plans: %w", err)
	}
	var all []Plan
	for _, name := range names {
		var f family
		if err := decode(src, name, &f); err != nil {
			return nil, err
		}
		for _, p := range f.Plans {
			plan, err := f.resolve(p, common)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path.Base(name), p.Name, err)
			}
			all = append(all, plan)
		}
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

func (f family) resolve(own planFile, common shared) (Plan, error) {
	p := Plan{
		Name: own.Name, Title: own.Title, SuitePlan: first(own.SuitePlan, f.SuitePlan),
		Variant: merged(f.Variant, own.Variant), config: merged(f.Config, own.Config),
	}
	if p.Name == "" || p.SuitePlan == "" || p.Title == "" {
		return Plan{}, errors.New("name, suite_plan and title must be given")
	}
	var err error
	if p.browser, err = common.script(first(own.Browser, f.Browser)); err != nil {
		return Plan{}, err
	}
	if p.modules, err = common.modulesOf(f.Modules); err != nil {
		return Plan{}, err
	}
	for _, role := range slices.Sorted(maps.Keys(merged(f.Clients, own.Clients))) {
		c, err := common.assemble(append(slices.Clone(f.Clients[role]), own.Clients[role]...))
		if err != nil {
			return Plan{}, err
		}
		p.clients = append(p.clients, clientTemplate{role, c})
	}
	return p, p.checkPlaceholders()
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func merged[V any](a, b map[string]V) map[string]V {
	out := map[string]V{}
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}

func (c shared) assemble(names []string) (piece, error) {
	var out piece
	for _, name := range names {
		p, ok := c.pieces[name]
		if !ok {
			return piece{}, fmt.Errorf("piece %q is not in clients.json", name)
		}
		out = piece{
			Metadata: merged(out.Metadata, p.Metadata), Suite: merged(out.Suite, p.Suite),
			Key: first(p.Key, out.Key), Certificate: first(p.Certificate, out.Certificate),
		}
	}
	return out, nil
}

func (c shared) script(name string) ([]script, error) {
	in, ok := c.scripts[name]
	if !ok {
		return nil, fmt.Errorf("script %q is not in scripts.json", name)
	}
	out := make([]script, 0, len(in))
	for _, s := range in {
		resolved := script{match: s.Match, limit: s.Limit}
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

func (c shared) modulesOf(prefix string) (map[string]module, error) {
	out := map[string]module{}
	for name, f := range c.modules {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		m := module{ownClients: f.OwnClients, rotateKeys: f.BeforeStart == "rotate-keys"}
		if f.BeforeStart != "" && !m.rotateKeys {
			return nil, fmt.Errorf("%s: before_start %q is not known", name, f.BeforeStart)
		}
		if f.Browser != "" {
			m.scripted = true
			var err error
			if m.browser, err = c.script(f.Browser); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		out[name] = m
	}
	return out, nil
}
