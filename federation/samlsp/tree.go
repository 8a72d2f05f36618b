package samlsp

import (
	"iter"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// is says whether an element has that name, whatever its prefix.
func is(el *etree.Element, namespace, tag string) bool {
	return el != nil && el.Tag == tag && el.NamespaceURI() == namespace
}

// children are the child elements of that name.
func children(el *etree.Element, namespace, tag string) []*etree.Element {
	var out []*etree.Element
	if el == nil {
		return nil
	}
	for _, token := range el.Child {
		if child, ok := token.(*etree.Element); ok && is(child, namespace, tag) {
			out = append(out, child)
		}
	}
	return out
}

// child is the only child element of that name; nil when there is none, or more than one.
func child(el *etree.Element, namespace, tag string) *etree.Element {
	if all := children(el, namespace, tag); len(all) == 1 {
		return all[0]
	}
	return nil
}

// attribute is an attribute without a prefix. SelectAttr would take one with any prefix.
func attribute(el *etree.Element, name string) string {
	value, _ := attributeOf(el, name)
	return value
}

func attributeOf(el *etree.Element, name string) (string, bool) {
	if el == nil {
		return "", false
	}
	for _, a := range el.Attr {
		if a.Space == "" && a.Key == name {
			return a.Value, true
		}
	}
	return "", false
}

// declares says whether an attribute is a namespace declaration.
func declares(a etree.Attr) bool { return a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns" }

// text is the whole text of an element without child elements, less the white space around it. Any other has none.
func text(el *etree.Element) string {
	if el == nil {
		return ""
	}
	var b strings.Builder
	for _, token := range el.Child {
		switch token := token.(type) {
		case *etree.CharData:
			b.WriteString(token.Data)
		default:
			return ""
		}
	}
	return trim(b.String())
}

// trim removes XML's white space around a text.
func trim(s string) string { return strings.Trim(s, " \t\r\n") }

// compact removes XML's white space from a text, as base64 may have it.
func compact(s string) string {
	return strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(s)
}

// instant reads a time, which must be in UTC (SAML core §1.3.3).
func instant(s string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, trim(s))
	return at, err == nil && strings.HasSuffix(trim(s), "Z")
}

// all are an element and everything below it.
func all(el *etree.Element) iter.Seq[*etree.Element] {
	return func(yield func(*etree.Element) bool) { walk(el, yield) }
}

func walk(el *etree.Element, yield func(*etree.Element) bool) bool {
	if el == nil {
		return true
	}
	if !yield(el) {
		return false
	}
	for _, token := range el.Child {
		if c, ok := token.(*etree.Element); ok && !walk(c, yield) {
			return false
		}
	}
	return true
}

// detached is a copy of an element that stands alone, with the namespaces around it declared.
func detached(el *etree.Element) *etree.Element {
	out := el.Copy()
	for parent := el.Parent(); parent != nil; parent = parent.Parent() {
		for _, a := range parent.Attr {
			if declares(a) && !has(out, a) {
				out.Attr = append(out.Attr, etree.Attr{Space: a.Space, Key: a.Key, Value: a.Value})
			}
		}
	}
	return out
}

func has(el *etree.Element, a etree.Attr) bool {
	for _, b := range el.Attr {
		if a.Space == b.Space && a.Key == b.Key {
			return true
		}
	}
	return false
}
