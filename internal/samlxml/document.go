package samlxml

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
	validator "github.com/mattermost/xml-roundtrip-validator"
)

// Bounds of what is read at all.
const (
	MostMessage  = 1 << 20 // bytes of a message, also when it is inflated or decrypted
	MostMetadata = 4 << 20
	MostElements = 5000 // of a message; metadata has ten times as many
	mostDepth    = 32
	mostPrefixes = 64 // namespaces in scope

	MostAttributes = 256 // of an element
)

var encodingName = regexp.MustCompile(`encoding\s*=\s*["']([^"']*)["']`)

// Document is a text that is not yet trusted, on its way to a tree.
type Document struct {
	raw      []byte
	most     int // bytes
	elements int
	comments bool           // metadata may have comments: they are dropped
	around   *etree.Element // where a decrypted text was, whose prefixes it may use; nil: nowhere
	root     *etree.Element
}

// MessageOf is a message.
func MessageOf(raw []byte) *Document {
	return &Document{raw: raw, most: MostMessage, elements: MostElements}
}

// MetadataOf is metadata, which may be larger and have comments.
func MetadataOf(raw []byte) *Document {
	return &Document{raw: raw, most: MostMetadata, elements: 10 * MostElements, comments: true}
}

// Within lets the text use the prefixes of the element that it was in, encrypted.
func (d *Document) Within(el *etree.Element) *Document {
	d.around = el
	return d
}

// Parse judges a text and makes a tree of it. A *Refusal says that it does not count.
func Parse(ctx context.Context, d *Document) (*etree.Element, error) {
	err := Judge(ctx, d, rows().document)
	return d.root, err
}

func fits(_ context.Context, d *Document) (expected, received string, err error) {
	switch {
	case len(d.raw) == 0:
		received = "nothing"
	case len(d.raw) > d.most:
		received = "more"
	}
	return "a document of bounded size", received, nil
}

// plainText wants UTF-8 from the first < to the last >: no byte order mark, no other encoding, nothing before or after (SA07).
func plainText(_ context.Context, d *Document) (expected, received string, err error) {
	switch trimmed := Trim(string(d.raw)); {
	case !utf8.Valid(d.raw) || bytes.IndexByte(d.raw, 0) >= 0:
		received = "other bytes"
	case !strings.HasPrefix(trimmed, "<") || !strings.HasSuffix(trimmed, ">"):
		received = "something around it"
	}
	return "UTF-8, and the document alone", received, nil
}

// noMarkup refuses everything that begins with <! or <?, but the XML declaration at the start: document types and their entities, CDATA, processing
// instructions, and in messages comments, which cut texts in two for many readers (SA04, SA07). In well-formed XML both stand for nothing else.
func noMarkup(_ context.Context, d *Document) (expected, received string, err error) {
	rest, ok := afterDeclaration(d.raw)
	if !ok {
		return "an XML declaration of UTF-8, or none", "another", nil
	}
	for i := bytes.IndexByte(rest, '<'); i >= 0; {
		next := rest[i+1:]
		switch {
		case bytes.HasPrefix(next, []byte("?")):
			received = "a processing instruction"
		case bytes.HasPrefix(next, []byte("!--")):
			if !d.comments {
				received = "a comment"
			}
		case bytes.HasPrefix(next, []byte("!")):
			received = "a declaration, or CDATA"
		}
		if received != "" {
			break
		}
		rest, i = next, bytes.IndexByte(next, '<')
	}
	return "elements and text alone", received, nil
}

// afterDeclaration skips the XML declaration, which may name no other encoding.
func afterDeclaration(raw []byte) ([]byte, bool) {
	if !bytes.HasPrefix(raw, []byte("<?xml ")) {
		return raw, true
	}
	declaration, rest, ok := bytes.Cut(raw, []byte("?>"))
	if !ok || len(declaration) > 200 {
		return nil, false
	}
	encoding := encodingName.FindSubmatch(declaration)
	return rest, encoding == nil || strings.EqualFold(string(encoding[1]), "utf-8")
}

// stable wants a text that Go's XML reader and writer do not change: what is read twice is read alike (SA08).
func stable(_ context.Context, d *Document) (expected, received string, err error) {
	if validator.Validate(bytes.NewReader(d.raw)) != nil {
		received = "one that changes, or is broken"
	}
	return "a document that survives being written again", received, nil
}

// wellFormed parses it, the only time.
func wellFormed(_ context.Context, d *Document) (expected, received string, err error) {
	doc := etree.NewDocument()
	doc.ReadSettings = etree.ReadSettings{PreserveDuplicateAttrs: true, MaxDepth: mostDepth}
	if doc.ReadFromBytes(d.raw) != nil || len(doc.ChildElements()) != 1 {
		return "well-formed XML with one root", "other", nil
	}
	for _, token := range doc.Child {
		if data, ok := token.(*etree.CharData); ok && !data.IsWhitespace() {
			return "well-formed XML with one root", "text outside of it", nil
		}
	}
	d.root = doc.Root()
	if d.comments {
		dropComments(d.root)
	}
	if d.around != nil {
		shell := etree.NewElement("shell")
		shell.Attr = Detached(d.around).Attr
		shell.AddChild(d.root)
	}
	return "well-formed XML with one root", "", nil
}

func dropComments(root *etree.Element) {
	for el := range All(root) {
		for i := len(el.Child) - 1; i >= 0; i-- {
			if _, ok := el.Child[i].(*etree.Comment); ok {
				el.RemoveChildAt(i)
			}
		}
	}
}

// bounded limits what costs more than its size to read: tags, and what may be attributes, which have an = (SA20).
func bounded(_ context.Context, d *Document) (expected, received string, err error) {
	tags := 0
	for part := range bytes.SplitSeq(d.raw, []byte("<")) {
		if tags++; tags > 2*d.elements || bytes.Count(part, []byte("=")) > MostAttributes {
			received = "more"
			break
		}
	}
	return "a bounded number of elements, and of attributes in each", received, nil
}

// fewNamespaces limits the namespaces that an element inherits: each element below copies them.
func fewNamespaces(_ context.Context, d *Document) (expected, received string, err error) {
	if mostScope(d.root) > mostPrefixes {
		received = "more"
	}
	return "at most 64 namespaces in scope", received, nil
}

func mostScope(el *etree.Element) int {
	own, below := 0, 0
	for _, a := range el.Attr {
		if Declares(a) {
			own++
		}
	}
	for _, token := range el.Child {
		if c, ok := token.(*etree.Element); ok {
			below = max(below, mostScope(c))
		}
	}
	return own + below
}

// namespaced wants names of at most one prefix, every prefix declared, and none of XML's own given another meaning (SA08).
func namespaced(_ context.Context, d *Document) (expected, received string, err error) {
	for el := range All(d.root) {
		if strings.Contains(el.Tag, ":") || el.Space != "" && el.NamespaceURI() == "" {
			received = "a broken or undeclared prefix"
		}
		for _, a := range el.Attr {
			switch {
			case strings.Contains(a.Key, ":"):
				received = "a broken prefix"
			case a.Space == "xmlns" && (a.Key == "xml" || a.Key == "xmlns" || a.Value == ""):
				received = "a reserved prefix"
			case a.Space != "" && a.Space != "xmlns" && a.Space != "xml" && a.NamespaceURI() == "":
				received = "an undeclared prefix"
			}
		}
	}
	return "declared prefixes", received, nil
}

// unlike wants no attribute twice in an element: Go's reader lets them pass, and others take the first, or the last.
func unlike(_ context.Context, d *Document) (expected, received string, err error) {
	for el := range All(d.root) {
		seen := make(map[[2]string]bool, len(el.Attr))
		for _, a := range el.Attr {
			name := [2]string{a.Space, a.Key}
			if a.Space != "" && !Declares(a) {
				name[0] = a.NamespaceURI()
			}
			if seen[name] {
				received = "one twice"
			}
			seen[name] = true
		}
	}
	return "each attribute once", received, nil
}

// ownIDs wants IDs that are unique, under whatever name, and none with a prefix, which some readers take for the plain one (SA01).
func ownIDs(_ context.Context, d *Document) (expected, received string, err error) {
	seen := map[string]bool{}
	for el := range All(d.root) {
		for _, a := range el.Attr {
			if Declares(a) || !strings.EqualFold(a.Key, "id") {
				continue
			}
			if a.Space != "" || seen[a.Value] {
				received = "one twice, or with a prefix"
			}
			seen[a.Value] = true
		}
	}
	return "unique IDs", received, nil
}
