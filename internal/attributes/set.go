package attributes

import (
	"cmp"
	"maps"
	"regexp"
	"slices"

	"golang.org/x/text/language"
)

// Set answers what a configuration says. The nil set has no attributes.
type Set struct {
	all      []Attribute
	patterns map[string]*regexp.Regexp
}

// New makes a set of a configuration that is valid.
func New(c Config) (*Set, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Set{all: slices.Clone(c), patterns: map[string]*regexp.Regexp{}}
	for _, a := range s.all {
		if a.Pattern != "" {
			s.patterns[a.Name] = regexp.MustCompile(whole(a.Pattern)) // Validate compiled it
		}
	}
	return s, nil
}

// All lists the attributes in their order.
func (s *Set) All() []Attribute {
	if s == nil {
		return nil
	}
	return s.all
}

// Find returns the attribute of a name.
func (s *Set) Find(name string) (Attribute, bool) {
	for _, a := range s.All() {
		if a.Name == name {
			return a, true
		}
	}
	return Attribute{}, false
}

// Those lists the attributes that a question is true for.
func (s *Set) Those(question func(Attribute) bool) []Attribute {
	var out []Attribute
	for _, a := range s.All() {
		if question(a) {
			out = append(out, a)
		}
	}
	return out
}

// Named is a profile as applications may see it: attributes have the names of their claims, and those that no claim carries are not in it.
func (s *Set) Named(profile map[string]any) map[string]any {
	out := maps.Clone(profile)
	for _, a := range s.All() {
		delete(out, a.Name)
	}
	for _, a := range s.Those(Attribute.Carried) {
		if v, ok := profile[a.Name]; ok {
			out[a.Claim] = v
		}
	}
	return out
}

// Scopes lists the scopes that carry attributes, with the claims of each.
func (s *Set) Scopes() map[string][]string {
	out := map[string][]string{}
	for _, a := range s.Those(Attribute.Carried) {
		out[a.scope()] = append(out[a.scope()], a.Claim)
	}
	return out
}

// Told lists the attributes that a scope asks for and people see the values of.
func (s *Set) Told(scope string) []string {
	var out []string
	for _, a := range s.Those(func(a Attribute) bool { return a.Carried() && a.Seen() && a.scope() == scope }) {
		out = append(out, a.Name)
	}
	return out
}

// Own reports whether people change the attribute of a name themselves.
func (s *Set) Own(name string) bool {
	a, ok := s.Find(name)
	return ok && a.Own()
}

// Own reports whether people change the attribute themselves.
func (a Attribute) Own() bool { return a.Edit == Person }

// Seen reports whether people see the attribute on their own pages.
func (a Attribute) Seen() bool { return a.View == Person || a.Own() }

// Asked reports whether sign-up asks for it.
func (a Attribute) Asked() bool { return a.Signup }

// Needed reports whether everybody must have a value.
func (a Attribute) Needed() bool { return a.Required }

// Carried reports whether a claim carries it to applications.
func (a Attribute) Carried() bool { return a.Claim != "" }

// LabelIn and HintIn are the words in a language, else in English.
func (a Attribute) LabelIn(lang string) string { return in(lang, a.Label, a.Labels) }

// HintIn is the sentence under the label.
func (a Attribute) HintIn(lang string) string { return in(lang, a.Hint, a.Hints) }

// in chooses by tag, else by the tag's language.
func in(lang, fallback string, words map[string]string) string {
	if s, ok := words[lang]; ok {
		return s
	}
	if tag, err := language.Parse(lang); err == nil {
		base, _ := tag.Base()
		if s, ok := words[base.String()]; ok {
			return s
		}
	}
	return fallback
}

func (a Attribute) scope() string { return cmp.Or(a.Scope, "profile") }

func (a Attribute) kind() string { return cmp.Or(a.Type, Text) }

// bounds are the least and the greatest of characters or values.
func (a Attribute) bounds() (least, greatest int64) {
	least, greatest = 0, usualText
	if a.kind() == Integer {
		least, greatest = -exact, exact
	}
	if a.Min != nil {
		least = *a.Min
	}
	if a.Max != nil {
		greatest = *a.Max
	}
	return least, greatest
}
