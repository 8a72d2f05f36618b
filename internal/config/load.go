package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// Sources are where values come from.
type Sources struct {
	// File is the YAML file's path; "" is none.
	File string
	// Environ is os.Environ's form, "NAME=value"; only JEDAN_ names count.
	Environ []string
	// Own are JEDAN_ names that the caller reads itself.
	Own []string
	// Flags are values by key path, such as "issuer"; they are the strongest.
	Flags map[string]string
	// ReadFile reads File and the files of secrets; nil is os.ReadFile.
	ReadFile func(string) ([]byte, error)
}

const maxFile = 1 << 20 // bytes of a configuration file

// Load fills a T from the sources, or returns Problems. T's own tags being wrong
// is an error of another type: the programmer's.
func Load[T any](src Sources) (T, error) {
	var v T
	root, err := schemaOf(reflect.TypeFor[T]())
	if err != nil {
		return v, err
	}
	if src.ReadFile == nil {
		src.ReadFile = os.ReadFile
	}
	l := &loader{root: root, src: src, from: map[string]string{}}
	l.load(reflect.ValueOf(&v).Elem())
	if len(l.problems) > 0 {
		var zero T
		return zero, l.problems.sorted()
	}
	return v, nil
}

// Defaults is a T with its defaults, unvalidated.
func Defaults[T any]() (T, error) {
	var v T
	root, err := schemaOf(reflect.TypeFor[T]())
	if err != nil {
		return v, err
	}
	setDefaults(root, reflect.ValueOf(&v).Elem())
	return v, nil
}

// loader carries one Load. from remembers the source of each key that was set.
type loader struct {
	root     *section
	src      Sources
	from     map[string]string
	problems Problems
}

func (l *loader) load(v reflect.Value) {
	setDefaults(l.root, v)
	if l.src.File != "" {
		l.readFile(v)
	}
	l.readEnviron(v)
	l.readFlags(v)
	l.settle(v)
	l.validate(v)
}

// settler is a configuration in which one setting sets others, where those are not given.
type settler interface {
	Settle(given func(path string) bool) error
}

func (l *loader) settle(v reflect.Value) {
	s, ok := v.Addr().Interface().(settler)
	if !ok || len(l.problems) > 0 {
		return
	}
	if err := s.Settle(func(path string) bool { return l.from[path] != "" }); err != nil {
		l.problems = append(l.problems, flatten("", err)...)
	}
}

func (l *loader) problem(path, source, reason string) {
	l.problems = append(l.problems, Problem{Path: path, Source: source, Reason: reason})
}

// setDefaults applies the default tags; schemaOf has tried each of them.
func setDefaults(s *section, v reflect.Value) {
	for _, k := range s.keys {
		field := v.FieldByIndex(k.index)
		switch {
		case k.section != nil:
			setDefaults(k.section, field)
		case k.hasDef:
			decodeText(field, k, k.def, k.name, "default")
		}
	}
}

func (l *loader) readFile(v reflect.Value) {
	raw, err := l.src.ReadFile(l.src.File)
	if err != nil {
		l.problem("", l.src.File, "cannot be read: "+cause(err))
		return
	}
	if len(raw) > maxFile {
		l.problem("", l.src.File, "is larger than a configuration can be")
		return
	}
	d := &decoder{file: filepath.Base(l.src.File), from: l.from}
	d.document(l.root, v, raw)
	l.problems = append(l.problems, d.problems...)
}

// cause is an error without the path that os puts before it.
func cause(err error) string {
	if pe, ok := err.(*os.PathError); ok { //nolint:errorlint // os returns it bare
		return pe.Err.Error()
	}
	return err.Error()
}

func (l *loader) readFlags(v reflect.Value) {
	for path, value := range l.src.Flags {
		k, field := lookup(l.root, v, path)
		if k == nil {
			l.problem(path, "flag", "there is no such key")
			continue
		}
		l.set(field, k, path, "flag", value)
	}
}

// lookup finds a leaf by its path.
func lookup(s *section, v reflect.Value, path string) (*key, reflect.Value) {
	name, rest, deeper := strings.Cut(path, ".")
	k := s.find(name)
	if k == nil || deeper != (k.section != nil) {
		return nil, reflect.Value{}
	}
	field := v.FieldByIndex(k.index)
	if deeper {
		return lookup(k.section, field, rest)
	}
	return k, field
}

// set decodes text into a leaf. What was there is replaced, not merged.
func (l *loader) set(field reflect.Value, k *key, path, source, text string) {
	l.from[path] = source
	l.problems = append(l.problems, decodeText(field, k, text, path, source)...)
}
