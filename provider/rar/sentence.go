package rar

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what a consent page shows of one detail. web cuts sentences that are longer.
const (
	maxLine  = 250 // characters
	maxLines = 40
)

func tooLong(s string) bool { return utf8.RuneCountInString(s) > maxLine }

// sentence is a template: texts[0], member 0, texts[1], member 1, …, texts[n].
type sentence struct {
	texts   []string
	members []string // paths with dots
}

func parseSentence(s string) (sentence, error) {
	var out sentence
	rest := s
	for {
		before, after, found := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return out, errors.New("has a closing brace without an opening one")
		}
		out.texts = append(out.texts, before)
		if !found {
			break
		}
		name, behind, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.ContainsAny(name, "{ ") {
			return out, errors.New("has a place that is not {member} or {member.member}")
		}
		out.members, rest = append(out.members, name), behind
	}
	if strings.TrimSpace(s) == "" || tooLong(s) {
		return out, errors.New("must have 1 to 250 characters")
	}
	return out, nil
}

// of fills the template once; values are not read as templates.
func (s sentence) of(members map[string]any) string {
	var b strings.Builder
	for i, t := range s.texts {
		b.WriteString(t)
		if i < len(s.members) {
			b.WriteString(text(at(members, strings.Split(s.members[i], "."))))
		}
	}
	return b.String()
}

// at is the value at a path, or nil.
func at(members map[string]any, path []string) any {
	v := members[path[0]]
	if len(path) == 1 {
		return v
	}
	inner, _ := v.(map[string]any)
	return at(inner, path[1:])
}

// shownByAll are the paths that the sentences of all languages show.
func shownByAll(sentences map[string]sentence) []string {
	var out []string
	first := true
	for _, s := range sentences {
		if first {
			out, first = slices.Clone(s.members), false
			continue
		}
		out = slices.DeleteFunc(out, func(m string) bool { return !slices.Contains(s.members, m) })
	}
	return out
}

// rest lists every member that the sentence does not show, one a line. A member is shown by where it stands, not by what its name reads like: names may
// have dots in them, or nothing at all.
func rest(members map[string]any, shown []string) []string {
	seen := [][]string{{"type"}}
	for _, path := range shown {
		seen = append(seen, strings.Split(path, "."))
	}
	var out []string
	var walk func(path []string, v any)
	walk = func(path []string, v any) {
		if slices.ContainsFunc(seen, func(s []string) bool { return slices.Equal(s, path) }) {
			return
		}
		if m, ok := v.(map[string]any); ok && (len(m) > 0 || len(path) == 0) {
			for _, name := range slices.Sorted(maps.Keys(m)) {
				walk(append(slices.Clone(path), name), m[name])
			}
			return
		}
		out = append(out, nameOf(path)+": "+text(v))
	}
	walk(nil, members)
	return out
}

// nameOf writes a path as people read it.
func nameOf(path []string) string {
	names := slices.Clone(path)
	for i, n := range names {
		if n == "" {
			names[i] = `""`
		}
	}
	return strings.Join(names, ".")
}
