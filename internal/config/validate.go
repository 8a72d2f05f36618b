package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

type validator interface{ Validate() error }

// validate asks every struct, innermost first. A struct with a value that could
// not be read is not asked: it would only complain about the gap.
func (l *loader) validate(v reflect.Value) {
	w := &walker{unread: l.problems, from: l.from}
	w.value(v, "")
	l.problems = append(l.problems, w.found...)
}

type walker struct {
	unread, found Problems
	from          map[string]string
}

func (w *walker) value(v reflect.Value, path string) {
	if v.Kind() == reflect.Pointer {
		if !v.IsNil() {
			w.value(v.Elem(), path)
		}
		return
	}
	switch {
	case isText(v.Type()):
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			w.value(v.Index(i), path+"["+strconv.Itoa(i)+"]")
		}
	case v.Kind() == reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			item := reflect.New(v.Type().Elem()).Elem() // a map's values have no address
			item.Set(iter.Value())
			w.value(item, join(path, iter.Key().String()))
		}
	case v.Kind() == reflect.Struct:
		w.fields(v, path)
	}
	w.ask(v, path)
}

func (w *walker) fields(v reflect.Value, path string) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name, tagged := f.Tag.Lookup("config")
		if !f.IsExported() || name == "-" {
			continue
		}
		if f.Anonymous && !tagged {
			w.fields(v.Field(i), path)
			continue
		}
		w.value(v.Field(i), join(path, name))
	}
}

func (w *walker) ask(v reflect.Value, path string) {
	val, ok := v.Addr().Interface().(validator)
	if !ok || w.hasGap(path) {
		return
	}
	err := val.Validate()
	if err == nil {
		return
	}
	for _, p := range flatten(path, err) {
		if p.Source == "" {
			p.Source = w.source(p.Path)
		}
		w.found = append(w.found, p)
	}
}

// source is where a key's value came from, or what it is a part of.
func (w *walker) source(path string) string {
	for path != "" {
		if at, known := w.from[path]; known {
			return at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return ""
}

func (w *walker) hasGap(path string) bool {
	for _, p := range w.unread {
		if path == "" || p.Path == path || strings.HasPrefix(p.Path, path+".") || strings.HasPrefix(p.Path, path+"[") {
			return true
		}
	}
	return false
}

// textOf is a value as a file or a variable would say it; lists and maps are JSON,
// which is YAML as well.
func textOf(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		return textOf(v.Elem())
	}
	if isJSON(v.Type()) {
		return flow(v)
	}
	return fmt.Sprint(plainValue(v))
}
