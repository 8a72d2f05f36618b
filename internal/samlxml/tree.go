package samlxml

import (
	"iter"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Is says whether an element has that name, whatever its prefix.
func Is(el *etree.Element, namespace, tag string) bool {
	return el != nil && el.Tag == tag && el.NamespaceURI() == namespace
}

// Children are the child elements of that name.
func Children(el *etree.Element, namespace, tag string) []*etree.Element {
	var out []*etree.Element
	if el == nil {
		return nil
	}
	for _, token := range el.Child {
		if child, ok := token.(*etree.Element); ok && Is(child, namespace, tag) {
			out = append(out, child)
		}
	}
	return out
}

// Child is the only child element of that name; nil when there is none, or more than one.
func Child(el *etree.Element, namespace, tag string) *etree.Element {
	if all := Children(el, namespace, tag); len(all) == 1 {
		return all[0]
	}
	return nil
}

// Attribute is an attribute without a prefix. SelectAttr would take one with any prefix.
func Attribute(el *etree.Element, name string) string {
	value, _ := AttributeOf(el, name)
	return value
}

func AttributeOf(el *etree.Element, name string) (string, bool) {
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

// Declares says whether an attribute is a namespace declaration.
func Declares(a etree.Attr) bool { return a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns" }

// Text is the whole text of an element without child elements, less the white space around it. Any other has none.
func Text(el *etree.Element) string {
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
	return Trim(b.String())
}

// Trim removes XML's white space around a text.
func Trim(s string) string { return strings.Trim(s, " \t\r\n") }

// Compact removes XML's white space from a text, as base64 may have it.
func Compact(s string) string {
	return strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(s)
}

// Instant reads a time, which must be in UTC (SAML core §1.3.3).
func Instant(s string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, Trim(s))
	return at, err == nil && strings.HasSuffix(Trim(s), "Z")
}

// All are an element and everything below it.
func All(el *etree.Element) iter.Seq[*etree.Element] {
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

// Detached is a copy of an element that stands alone, with the namespaces around it declared.
func Detached(el *etree.Element) *etree.Element {
	out := el.Copy()
	for parent := el.Parent(); parent != nil; parent = parent.Parent() {
		for _, a := range parent.Attr {
			if Declares(a) && !has(out, a) {
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
