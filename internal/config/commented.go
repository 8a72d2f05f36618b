package config

import (
	"reflect"
	"regexp"
	"strings"
)

// Commented is a configuration file for v, a struct: every key with its doc, those
// that differ from their default in force, the rest behind "#". Secrets are only
// named. Loading it gives v back, secrets aside.
func Commented(v any) ([]byte, error) {
	t := reflect.TypeOf(v)
	root, err := schemaOf(t)
	if err != nil {
		return nil, err
	}
	defaults, value := reflect.New(t).Elem(), reflect.New(t).Elem()
	setDefaults(root, defaults)
	value.Set(reflect.ValueOf(v))
	w := &commenter{bare: regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]*$`)}
	w.section(root, value, defaults, 0, "")
	return []byte(strings.TrimPrefix(w.out.String(), "\n")), nil
}

type commenter struct {
	out  strings.Builder
	bare *regexp.Regexp
}

func (w *commenter) section(s *section, v, defaults reflect.Value, depth int, path string) {
	indent := strings.Repeat("  ", depth)
	for _, k := range s.keys {
		field, def := v.FieldByIndex(k.index), defaults.FieldByIndex(k.index)
		w.comment(k.doc, indent, depth == 0 || k.section != nil)
		switch {
		case k.section != nil:
			w.out.WriteString(indent + k.name + ":\n")
			w.section(k.section, field, def, depth+1, join(path, k.name))
		case k.secret:
			name := envName(join(path, k.name))
			w.out.WriteString(indent + "# A secret: better in " + name + " or in the file that " + name + fileSuffix + " names.\n")
			w.out.WriteString(indent + "# " + k.name + `: ""` + "\n")
		case reflect.DeepEqual(field.Interface(), def.Interface()):
			w.out.WriteString(indent + "# " + k.name + ": " + w.value(field) + "\n")
		default:
			w.out.WriteString(indent + k.name + ": " + w.value(field) + "\n")
		}
	}
}

func (w *commenter) comment(doc, indent string, gap bool) {
	if gap {
		w.out.WriteString("\n")
	}
	for line := range strings.Lines(doc) {
		w.out.WriteString(indent + "# " + strings.TrimSpace(line) + "\n")
	}
}

// value is a value as YAML: bare where that is safe, in quotes otherwise.
func (w *commenter) value(v reflect.Value) string {
	text := textOf(v)
	if isJSON(v.Type()) || v.Kind() != reflect.String && !isText(v.Type()) {
		return text
	}
	if w.bare.MatchString(text) && !strings.EqualFold(text, "null") {
		return text
	}
	return quote(text)
}
