package rar

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// kind is a configured type.
type kind struct {
	core.DetailTypeConfig
	schema    *jsonschema.Schema
	sentences map[string]sentence
	shown     []string // members that every sentence shows
}

// Types judges details of the configured types. It implements core.Details and is safe for concurrent use.
type Types struct{ named map[string]*kind }

var _ core.Details = (*Types)(nil)

// New reads the configuration, or says which type cannot be meant.
func New(list []core.DetailTypeConfig) (*Types, error) {
	t := &Types{named: map[string]*kind{}}
	for i, c := range list {
		k, err := newKind(c)
		if err == nil && t.named[c.Type] != nil {
			err = fmt.Errorf("the type is listed twice")
		}
		if err != nil {
			return nil, fmt.Errorf("authorization_details[%d]: %w", i, err)
		}
		t.named[c.Type] = k
	}
	return t, nil
}

func newKind(c core.DetailTypeConfig) (*kind, error) {
	if c.Type == "" || len(c.Type) > 128 || strings.ContainsFunc(c.Type, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("type must be 1 to 128 printable ASCII characters without spaces")
	}
	if _, ok := c.Sentences["en"]; !ok {
		return nil, fmt.Errorf("sentences: one in en is needed")
	}
	k := &kind{DetailTypeConfig: c, sentences: map[string]sentence{}}
	var err error
	if k.schema, err = compile(c.Schema); err != nil {
		return nil, err
	}
	for lang, text := range c.Sentences {
		if k.sentences[lang], err = parseSentence(text); err != nil {
			return nil, fmt.Errorf("sentences.%s: %w", lang, err)
		}
	}
	k.shown = shownByAll(k.sentences)
	return k, nil
}

// Judge implements core.Details: a type that is configured, a client that is registered for it, members that fit the schema and can be shown.
func (t *Types) Judge(_ context.Context, c *core.Client, raw string) ([]core.Detail, error) {
	list, err := core.ParseDetails(raw)
	if err != nil {
		return nil, err
	}
	out := make([]core.Detail, 0, len(list))
	for _, members := range list {
		name, _ := members["type"].(string)
		k := t.named[name]
		switch {
		case k == nil:
			return nil, core.InvalidDetails("A type of the authorization_details is not known here.", "an unknown type")
		case !slices.Contains(c.Metadata.DetailTypes, name):
			return nil, core.InvalidDetails("The client is not registered for a type of the authorization_details.", "another type")
		}
		d, err := k.judge(members)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func (k *kind) judge(members map[string]any) (core.Detail, error) {
	d := core.Detail{Type: k.Type, Members: members, Once: !k.Remember, Risky: k.Risky, Titles: map[string]string{}}
	if !common(members) {
		return d, core.InvalidDetails("A member of the authorization_details has a value of the wrong type.", "RFC 9396 section 2.2 broken")
	}
	if err := k.schema.Validate(members); err != nil {
		return d, core.InvalidDetails("The authorization_details do not fit the schema of their type.", "others")
	}
	for lang, s := range k.sentences {
		if d.Titles[lang] = s.of(members); tooLong(d.Titles[lang]) {
			return d, notShown()
		}
	}
	if d.Rest = rest(members, k.shown); len(d.Rest) > maxLines || slices.ContainsFunc(d.Rest, tooLong) {
		return d, notShown()
	}
	return d, nil
}

// notShown: what would be cut on the consent page could hide something.
func notShown() error {
	return core.InvalidDetails("The authorization_details are too long to be shown to a person.", "longer ones")
}

// common judges the members that RFC 9396 section 2.2 defines for every type.
func common(members map[string]any) bool {
	for _, name := range []string{"locations", "actions", "datatypes", "privileges"} {
		v, ok := members[name]
		if !ok {
			continue
		}
		list, ok := v.([]any)
		if !ok || slices.ContainsFunc(list, func(x any) bool { s, is := x.(string); return !is || name == "locations" && !location(s) }) {
			return false
		}
	}
	v, ok := members["identifier"]
	_, text := v.(string)
	return !ok || text
}

func location(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && u.Fragment == ""
}

// compile reads a schema. It reaches nothing outside itself.
func compile(schema string) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		return nil, fmt.Errorf("schema is not JSON: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nothing{})
	c.AssertFormat()
	const name = "urn:jedan:authorization-detail"
	if err := c.AddResource(name, doc); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	s, err := c.Compile(name)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return s, nil
}

// nothing loads no other document.
type nothing struct{}

// Load implements jsonschema.URLLoader.
func (nothing) Load(string) (any, error) {
	return nil, fmt.Errorf("references to other documents are not followed")
}

// text writes a value as people read it.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case []any:
		parts := make([]string, 0, len(v))
		for _, x := range v {
			parts = append(parts, text(x))
		}
		return strings.Join(parts, ", ")
	case nil:
		return "–"
	}
	b, _ := json.Marshal(v) // came from JSON
	return string(b)
}
