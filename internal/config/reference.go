package config

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Entry documents one key.
type Entry struct {
	Path    string // "tokens.access_lifetime"; "clients[].id" inside a list
	Type    string // string, boolean, integer, number, duration, size, list of …, map of …
	Default string // as a file would say it; "" is none
	Doc     string
	Env     string // the environment variable; "" inside lists and maps
	Secret  bool   // may also come from the file that Env + "_FILE" names
}

// Reference lists every key of a configuration struct, in the order of its fields.
func Reference(v any) ([]Entry, error) {
	t := reflect.TypeOf(v)
	root, err := schemaOf(t)
	if err != nil {
		return nil, err
	}
	defaults := reflect.New(t).Elem()
	setDefaults(root, defaults)
	return entries(root, defaults, "", true)
}

func entries(s *section, v reflect.Value, path string, top bool) ([]Entry, error) {
	var out []Entry
	for _, k := range s.keys {
		at, field := join(path, k.name), v.FieldByIndex(k.index)
		if k.section != nil {
			below, err := entries(k.section, field, at, top)
			if err != nil {
				return nil, err
			}
			out = append(out, below...)
			continue
		}
		e := Entry{Path: at, Type: typeName(k.typ), Doc: k.doc, Secret: k.secret}
		if top {
			e.Env = envName(at)
		}
		if k.hasDef {
			e.Default = textOf(field)
		}
		below, err := elementEntries(k.typ, at)
		if err != nil {
			return nil, err
		}
		out = append(append(out, e), below...)
	}
	return out, nil
}

// elementEntries documents the structs inside a list or map.
func elementEntries(t reflect.Type, path string) ([]Entry, error) {
	switch {
	case isText(t):
		return nil, nil
	case t.Kind() == reflect.Slice:
		return elementEntries(t.Elem(), path+"[]")
	case t.Kind() == reflect.Map:
		return elementEntries(t.Elem(), path+".*")
	case t.Kind() == reflect.Pointer:
		return elementEntries(t.Elem(), path)
	case t.Kind() != reflect.Struct:
		return nil, nil
	}
	s, err := schemaOf(t)
	if err != nil {
		return nil, err
	}
	v := reflect.New(t).Elem()
	setDefaults(s, v)
	return entries(s, v, path, false)
}

func typeName(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[Bytes]():
		return "size"
	case isText(t):
		return strings.ToLower(t.Name())
	}
	switch t.Kind() { //nolint:exhaustive // the rest are numbers
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	case reflect.Map:
		return "map of " + typeName(t.Elem())
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Struct:
		return "keys"
	default:
		return "integer"
	}
}

// plainValue is a scalar in the form that setScalar reads.
func plainValue(v reflect.Value) any {
	if d, ok := v.Interface().(time.Duration); ok {
		return formatDuration(d)
	}
	if v.Kind() == reflect.String {
		return v.String() // also of a Secret, which would hide itself
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok && isText(v.Type()) {
		text, err := m.MarshalText()
		if err != nil {
			return ""
		}
		return string(text)
	}
	return v.Interface()
}

// flow writes a value as JSON.
func flow(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			return "null"
		}
		return flow(v.Elem())
	case !isJSON(v.Type()):
		return flowScalar(v)
	case v.Kind() == reflect.Slice:
		items := make([]string, v.Len())
		for i := range v.Len() {
			items[i] = flow(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case v.Kind() == reflect.Map:
		byName := map[string]reflect.Value{}
		for iter := v.MapRange(); iter.Next(); {
			byName[iter.Key().String()] = iter.Value()
		}
		items := make([]string, 0, len(byName))
		for _, name := range slices.Sorted(maps.Keys(byName)) {
			items = append(items, quote(name)+": "+flow(byName[name]))
		}
		return "{" + strings.Join(items, ", ") + "}"
	}
	return flowStruct(v)
}

func flowStruct(v reflect.Value) string {
	s, err := schemaOf(v.Type())
	if err != nil {
		return "{}"
	}
	var items []string
	for _, k := range s.keys {
		field := v.FieldByIndex(k.index)
		if field.Kind() == reflect.Pointer && field.IsNil() {
			continue
		}
		items = append(items, quote(k.name)+": "+flow(field))
	}
	return "{" + strings.Join(items, ", ") + "}"
}

func flowScalar(v reflect.Value) string {
	switch plain := plainValue(v).(type) {
	case string:
		return quote(plain)
	default:
		return fmt.Sprint(plain)
	}
}

// quote writes a string that reads the same as JSON and as YAML.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r) || r > 0xffff:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
