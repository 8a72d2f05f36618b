package config

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// decoder turns YAML nodes into values by the struct tags' rules. source, if set,
// is where all of it comes from; otherwise file and the node's line are.
type decoder struct {
	file, source string
	from         map[string]string
	problems     Problems
}

func (d *decoder) problem(path string, node *yaml.Node, reason string) {
	d.problems = append(d.problems, Problem{Path: path, Source: d.at(node), Reason: reason})
}

func (d *decoder) at(node *yaml.Node) string {
	if d.source != "" || node == nil || node.Line == 0 {
		return d.source + d.file
	}
	return d.file + ":" + strconv.Itoa(node.Line)
}

// document reads the one document of a file. An empty one sets nothing.
func (d *decoder) document(root *section, v reflect.Value, raw []byte) {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	var doc, next yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) {
			d.problem("", nil, "is not YAML: "+strings.TrimPrefix(err.Error(), "yaml: "))
		}
		return
	}
	if err := dec.Decode(&next); !errors.Is(err, io.EOF) {
		d.problem("", nil, "has more than one document")
		return
	}
	d.section(root, v, doc.Content[0], "")
}

// decodeText decodes a value that is text: a flag, a variable, a default. Lists
// and maps are JSON.
func decodeText(field reflect.Value, k *key, text, path, source string) Problems {
	d := &decoder{source: source}
	node := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	if isJSON(k.typ) {
		var err error
		if node, err = jsonNode(text); err != nil {
			d.problem(path, nil, "is not JSON")
			return d.problems
		}
	}
	field.SetZero()
	d.value(field, node, path)
	return d.problems
}

func isJSON(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return !isText(t) && (t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Struct)
}

// section reads a mapping into a struct. Commenting out all keys of a section
// leaves a null, which sets nothing.
func (d *decoder) section(s *section, v reflect.Value, node *yaml.Node, path string) {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return
	}
	d.pairs(node, path, func(name string, at, value *yaml.Node) {
		k, where := s.find(name), join(path, name)
		if k == nil {
			d.problem(where, at, "there is no such key")
			return
		}
		field := v.FieldByIndex(k.index)
		if k.section != nil {
			d.section(k.section, field, value, where)
			return
		}
		if d.from != nil {
			d.from[where] = d.at(at)
		}
		field.SetZero()
		d.value(field, value, where)
	})
}

// pairs walks a mapping and refuses what makes keys ambiguous.
func (d *decoder) pairs(node *yaml.Node, path string, each func(name string, at, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode || !d.plain(node, path) {
		d.problem(path, node, "is not a map of keys")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		at, value := node.Content[i], node.Content[i+1]
		switch {
		case at.Kind != yaml.ScalarNode || at.Tag == "!!null" || at.Tag == "!!merge" || !d.plain(at, path):
			d.problem(path, at, "has a key that is not plain text")
		case seen[at.Value]:
			d.problem(join(path, at.Value), at, "is given twice")
		default:
			seen[at.Value] = true
			each(at.Value, at, value)
		}
	}
}

// plain refuses anchors, which let one line mean much, and tags, which change
// what a value is.
func (d *decoder) plain(node *yaml.Node, path string) bool {
	if node.Kind == yaml.AliasNode || node.Anchor != "" {
		d.problem(path, node, "uses an anchor or alias")
		return false
	}
	switch node.Tag {
	case "", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!map", "!!seq":
		return true
	}
	d.problem(path, node, "uses a YAML tag")
	return false
}

// value reads a node into a leaf, or into a part of one.
func (d *decoder) value(v reflect.Value, node *yaml.Node, path string) {
	if !d.plain(node, path) {
		return
	}
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		d.problem(path, node, "has no value")
		return
	}
	t := v.Type()
	switch {
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		d.value(v.Elem(), node, path)
	case isText(t) || !isJSON(t):
		d.scalar(v, node, path)
	case t.Kind() == reflect.Slice:
		d.list(v, node, path)
	case t.Kind() == reflect.Map:
		d.table(v, node, path)
	default:
		d.element(v, node, path)
	}
}

func (d *decoder) list(v reflect.Value, node *yaml.Node, path string) {
	if node.Kind != yaml.SequenceNode {
		d.problem(path, node, "is not a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(node.Content), len(node.Content)))
	for i, item := range node.Content {
		d.value(v.Index(i), item, path+"["+strconv.Itoa(i)+"]")
	}
}

func (d *decoder) table(v reflect.Value, node *yaml.Node, path string) {
	t := v.Type()
	v.Set(reflect.MakeMap(t))
	d.pairs(node, path, func(name string, _, value *yaml.Node) {
		item := reflect.New(t.Elem()).Elem()
		d.value(item, value, join(path, name))
		v.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), item)
	})
}

// element reads a struct inside a list or map: a small configuration of its own,
// with its own defaults.
func (d *decoder) element(v reflect.Value, node *yaml.Node, path string) {
	s, err := schemaOf(v.Type())
	if err != nil {
		d.problem(path, node, err.Error())
		return
	}
	setDefaults(s, v)
	d.section(s, v, node, path)
}

func (d *decoder) scalar(v reflect.Value, node *yaml.Node, path string) {
	if node.Kind != yaml.ScalarNode {
		d.problem(path, node, "is not a single value")
		return
	}
	if err := setScalar(v, node.Value); err != nil {
		d.problem(path, node, err.Error())
	}
}

// setScalar reads text into a scalar. Its errors do not repeat the text, except
// those of types that read themselves.
func setScalar(v reflect.Value, text string) error {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		dur, err := parseDuration(text)
		v.SetInt(int64(dur))
		return err
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch v.Kind() { //nolint:exhaustive // schemaOf refuses the rest
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return errors.New("is not true or false")
		}
		v.SetBool(text == "true")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return errors.New("is not a whole number that fits")
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err != nil {
			return errors.New("is not a whole number from 0 on that fits")
		}
		v.SetUint(n)
	case reflect.Float32, reflect.Float64:
		n, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil || n != n || n > 1e300 || n < -1e300 {
			return errors.New("is not a number")
		}
		v.SetFloat(n)
	default:
		return fmt.Errorf("cannot be configured: %v", v.Type())
	}
	return nil
}
