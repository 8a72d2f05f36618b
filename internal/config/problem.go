package config

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Path   string // the key, such as tokens.access_lifetime
	Source string // where the value came from, "" if nowhere
	Reason string // why it will not do; never a secret's value
}

// Error is "path (source): reason", without the parts that are empty.
func (p Problem) Error() string {
	switch {
	case p.Path == "" && p.Source == "":
		return p.Reason
	case p.Path == "":
		return p.Source + ": " + p.Reason
	case p.Source == "":
		return p.Path + ": " + p.Reason
	}
	return p.Path + " (" + p.Source + "): " + p.Reason
}

// Problems is everything that is wrong, in the order of the paths.
type Problems []Problem

// Error is a line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Path, b.Path) })
	return ps
}

// Invalid is for Validate methods: key, one of the struct's own or a path below
// it, is wrong for that reason. Join several with errors.Join.
func Invalid(key, reason string) error { return Problem{Path: key, Reason: reason} }

// flatten takes errors.Join apart and puts the struct's path before each key.
func flatten(prefix string, err error) Problems {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only the joint itself is taken apart
		var out Problems
		for _, e := range joined.Unwrap() {
			out = append(out, flatten(prefix, e)...)
		}
		return out
	}
	if p, ok := errors.AsType[Problem](err); ok {
		return Problems{{Path: join(prefix, p.Path), Source: p.Source, Reason: p.Reason}}
	}
	return Problems{{Path: prefix, Reason: err.Error()}}
}

func join(prefix, key string) string {
	if prefix == "" || key == "" {
		return prefix + key
	}
	return prefix + "." + key
}
