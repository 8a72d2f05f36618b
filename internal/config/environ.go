package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

const (
	prefix     = "JEDAN_"
	fileSuffix = "_FILE"
)

// envName is the variable of a key path.
func envName(path string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(path, ".", "__"))
}

// serviceLink reports whether Kubernetes itself makes such a name for a service
// called jedan or jedan-….
func serviceLink(name string) bool {
	return strings.HasSuffix(name, "_SERVICE_HOST") || strings.HasSuffix(name, "_SERVICE_PORT") || strings.Contains(name, "_SERVICE_PORT_") ||
		strings.HasSuffix(name, "_PORT") || strings.Contains(name, "_PORT_")
}

// leaf is a key with its place in the value that is being loaded.
type leaf struct {
	*key
	path  string
	field reflect.Value
}

// leaves are all leaves by the name of their variable.
func leaves(s *section, v reflect.Value, path string, into map[string]leaf) map[string]leaf {
	for _, k := range s.keys {
		at, field := join(path, k.name), v.FieldByIndex(k.index)
		if k.section != nil {
			leaves(k.section, field, at, into)
			continue
		}
		into[envName(at)] = leaf{key: k, path: at, field: field}
	}
	return into
}

func (l *loader) readEnviron(v reflect.Value) {
	known := leaves(l.root, v, "", map[string]leaf{})
	given := map[string]string{}
	for _, entry := range l.src.Environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, prefix) && !slices.Contains(l.src.Own, name) {
			given[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if k, ok := known[name]; ok {
			l.set(k.field, k.key, k.path, name, given[name])
			continue
		}
		l.readSecret(known, given, name)
	}
}

// readSecret takes what is no key's own name: a secret's file, a service link, or
// a mistake.
func (l *loader) readSecret(known map[string]leaf, given map[string]string, name string) {
	base, isFile := strings.CutSuffix(name, fileSuffix)
	k, ok := known[base]
	switch {
	case isFile && ok && !k.secret:
		l.problem(k.path, name, "only secrets are read from files")
	case isFile && ok:
		if _, both := given[base]; both {
			l.problem(k.path, name, "is given together with "+base)
			return
		}
		l.readSecretFile(k, name, given[name])
	case !serviceLink(name):
		l.problem(name, "environment", "there is no such key")
	}
}

func (l *loader) readSecretFile(k leaf, name, file string) {
	raw, err := l.src.ReadFile(file)
	if err != nil {
		l.problem(k.path, name, "the file cannot be read: "+cause(err))
		return
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	switch {
	case text == "":
		l.problem(k.path, name, "the file is empty")
	case len(text) > 64<<10:
		l.problem(k.path, name, "the file is larger than a secret can be")
	default:
		l.set(k.field, k.key, k.path, name, text)
	}
}
