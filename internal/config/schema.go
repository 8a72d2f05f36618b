package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// section is a struct seen as configuration.
type section struct {
	typ  reflect.Type
	keys []*key
}

// key is one field: a leaf, or a section if it has one.
type key struct {
	name    string
	index   []int // reflect's path from the section's struct
	typ     reflect.Type
	doc     string
	def     string
	hasDef  bool
	secret  bool
	section *section
}

func (s *section) find(name string) *key {
	for _, k := range s.keys {
		if k.name == name {
			return k
		}
	}
	return nil
}

// schema reads struct types; it collects mistakes of the programmer.
type schema struct {
	keyShape *regexp.Regexp
	busy     map[reflect.Type]bool
	mistakes []error
}

func schemaOf(t reflect.Type) (*section, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("config: %v is not a struct", t)
	}
	s := &schema{keyShape: regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`), busy: map[reflect.Type]bool{}}
	root := s.section(t, "")
	for _, k := range root.keys {
		if k.section == nil && serviceLink(envName(k.name)) {
			s.mistake(k.name, "has the name of a Kubernetes service link")
		}
	}
	return root, errors.Join(s.mistakes...)
}

func (s *schema) mistake(path, why string) {
	s.mistakes = append(s.mistakes, fmt.Errorf("config: key %q: %s", path, why))
}

func (s *schema) section(t reflect.Type, path string) *section {
	out := &section{typ: t}
	if s.busy[t] {
		s.mistake(path, "its type contains itself")
		return out
	}
	s.busy[t] = true
	defer delete(s.busy, t)
	s.fields(out, t, nil, path)
	seen := map[string]bool{}
	for _, k := range out.keys {
		if seen[k.name] {
			s.mistake(join(path, k.name), "is defined twice")
		}
		seen[k.name] = true
	}
	return out
}

func (s *schema) fields(out *section, t reflect.Type, index []int, path string) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(index[:len(index):len(index)], i)
		name, tagged := f.Tag.Lookup("config")
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct:
			s.fields(out, f.Type, at, path)
		case !tagged:
			s.mistake(join(path, f.Name), "the field has no config tag")
		default:
			out.keys = append(out.keys, s.key(f, name, at, path))
		}
	}
}

func (s *schema) key(f reflect.StructField, name string, index []int, path string) *key {
	path = join(path, name)
	k := &key{name: name, index: index, typ: f.Type, doc: f.Tag.Get("doc"), secret: f.Tag.Get("secret") == "true"}
	k.def, k.hasDef = f.Tag.Lookup("default")
	k.secret = k.secret || f.Type == reflect.TypeFor[Secret]()
	switch {
	case !s.keyShape.MatchString(name):
		s.mistake(path, "is not lower case words joined by _")
	case strings.HasSuffix(name, "_file"):
		s.mistake(path, "ends in _file, which means a secret's file")
	case k.doc == "":
		s.mistake(path, "has no doc")
	case k.secret && f.Type.Kind() != reflect.String:
		s.mistake(path, "is a secret but no string")
	}
	if isSection(f.Type) {
		k.section = s.section(f.Type, path)
		return k
	}
	s.leaf(f.Type, path)
	if k.hasDef {
		if ps := decodeText(reflect.New(f.Type).Elem(), k, k.def, path, "default"); len(ps) > 0 {
			s.mistake(path, "default: "+ps[0].Reason)
		}
	}
	return k
}

// leaf checks that values of the type can be read.
func (s *schema) leaf(t reflect.Type, path string) {
	switch {
	case isText(t) || t == reflect.TypeFor[time.Duration]():
		return
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice:
		s.leaf(t.Elem(), path+"[]")
		return
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		s.leaf(t.Elem(), path+"{}")
		return
	case t.Kind() == reflect.Struct:
		s.section(t, path)
		return
	}
	switch t.Kind() { //nolint:exhaustive // everything else is refused below
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint,
		reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return
	default:
		s.mistake(path, fmt.Sprintf("type %v cannot be configured", t))
	}
}

func isSection(t reflect.Type) bool { return t.Kind() == reflect.Struct && !isText(t) }

// isText reports whether the type reads itself from text.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}
