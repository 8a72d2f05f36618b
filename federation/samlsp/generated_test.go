package samlsp

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// shapes are the responses that the generated attacks begin with.
func shapes() map[string]func(*response) {
	return map[string]func(*response){"assertion signed": func(*response) {}, "response signed": responseSigned, "both signed": bothSigned,
		"encrypted, response signed": func(r *response) { responseSigned(r); encrypted(xmlenc.AES128GCM)(r) },
		"with key information": func(r *response) {
			bothSigned(r)
			r.signResponse.keyInfo, r.signAssertion.keyInfo = keyInfo(idpPair()), keyInfo(idpPair())
		}}
}

// path finds the same element in a copy of its tree.
func path(el *etree.Element) []int {
	var out []int
	for ; el.Parent() != nil && el.Parent().Tag != ""; el = el.Parent() {
		out = append(out, el.Index())
	}
	slices.Reverse(out)
	return out
}

func at(root *etree.Element, path []int) *etree.Element {
	for _, i := range path {
		root = root.Child[i].(*etree.Element)
	}
	return root
}

// changed tries one change to a fresh copy of the tree. Whatever is accepted says the same as the unchanged response does: what is not signed decides nothing.
func changed(t *testing.T, w *world, root *etree.Element, want *federation.Identity, what string, change func(root *etree.Element)) (accepted bool) {
	t.Helper()
	c := root.Copy()
	change(c)
	w.forget()
	id, err := w.c.Complete(t.Context(), arrival(bytesOf(t, c)))
	switch {
	case err == nil && !reflect.DeepEqual(id, want):
		t.Errorf("%s: accepted as %+v", what, id)
	case err != nil && (id != nil || !refused(err) || len(w.ledger.used) > 0):
		t.Errorf("%s: %v", what, err)
	}
	return err == nil
}

// SA01, SA02, SA03, SA05: an assertion for somebody else at every place of every shape, bare, with the signature of the good one, with the good one in it,
// in the good one's place, and with the good one's ID. None is accepted, not even the good one beside it.
func TestSA02_WrappedAnywhere(t *testing.T) {
	kinds := map[string]func(root, slot *etree.Element, i int, good, evil *etree.Element){
		"bare": func(_, slot *etree.Element, i int, _, evil *etree.Element) { slot.InsertChildAt(i, evil) },
		"with the signature": func(_, slot *etree.Element, i int, good, evil *etree.Element) {
			take(good, evil)
			slot.InsertChildAt(i, evil)
		},
		"with a copy of the signature": func(_, slot *etree.Element, i int, good, evil *etree.Element) {
			if sig := signatureOf(good); sig != nil {
				evil.InsertChildAt(1, samlxml.Detached(sig))
			}
			slot.InsertChildAt(i, evil)
		},
		"with the good one": func(_, slot *etree.Element, i int, good, evil *etree.Element) {
			evil.AddChild(samlxml.Detached(good))
			slot.InsertChildAt(i, evil)
		},
		"in a response": func(root, slot *etree.Element, i int, _, evil *etree.Element) {
			shell := etree.NewElement("samlp:Response")
			shell.CreateAttr("xmlns:samlp", samlxml.NSProtocol)
			shell.AddChild(evil)
			slot.InsertChildAt(i, shell)
		},
		"encrypted for us": func(_, slot *etree.Element, i int, _, evil *etree.Element) {
			e := xmlenc.OAEP()
			data, err := e.Encrypt(ownPair().Certificate, bytesOf(t, evil), nil)
			if err != nil {
				t.Fatal(err)
			}
			shell := etree.NewElement("e:EncryptedAssertion")
			shell.CreateAttr("xmlns:e", samlxml.NSAssertion)
			shell.AddChild(data)
			slot.InsertChildAt(i, shell)
		},
	}
	w, n := newWorld(t), 0
	for _, shape := range []string{"assertion signed", "response signed", "encrypted, response signed"} {
		r := answer()
		shapes()[shape](r)
		root := r.tree(t)
		want := w.accepts(arrival(bytesOf(t, root)))
		plain := answer().tree(t)
		for el := range samlxml.All(root) {
			for i := range len(el.Child) + 1 {
				if el != root && i > 0 && i < len(el.Child) { // between children only where the assertion is
					continue
				}
				for kind, wrap := range kinds {
					for _, id := range []string{"_evil", "_assertion"} {
						p := path(el)
						what := fmt.Sprintf("%s, %s with ID %s in %s at %d", shape, kind, id, el.Tag, i)
						if changed(t, w, root, want, what, func(c *etree.Element) {
							good := assertionOf(c)
							if good == nil {
								good = assertionOf(plain).Copy()
							}
							wrap(c, at(c, p), i, good, evil(assertionOf(plain), id))
						}) {
							t.Errorf("%s: accepted", what)
						}
						n++
					}
				}
			}
		}
	}
	t.Logf("%d attacks", n)
}

func take(good, evil *etree.Element) {
	if sig := signatureOf(good); sig != nil {
		evil.InsertChildAt(1, sig)
	}
}

// SA01, SA04, SA13: every element removed, doubled, renamed, emptied, in another namespace or with a comment, and every attribute removed, changed and with a prefix. What
// is signed cannot be changed; what is not decides nothing.
func TestSA13_EverySmallChange(t *testing.T) {
	elements := map[string]func(el *etree.Element){
		"removed": func(el *etree.Element) {
			if el.Parent() != nil {
				el.Parent().RemoveChild(el)
			}
		},
		"doubled": func(el *etree.Element) {
			if el.Parent() != nil {
				el.Parent().InsertChildAt(el.Index(), el.Copy())
			}
		},
		"renamed":              func(el *etree.Element) { el.Tag += "X" },
		"emptied":              func(el *etree.Element) { el.Child = nil },
		"in another namespace": func(el *etree.Element) { el.CreateAttr(prefixed("xmlns", el.Space), "urn:other") },
		"commented":            func(el *etree.Element) { el.InsertChildAt(0, etree.NewComment(" ")) },
		"with text":            func(el *etree.Element) { el.AddChild(etree.NewText("x")) },
	}
	attributes := map[string]func(el *etree.Element, i int){
		"removed":       func(el *etree.Element, i int) { el.Attr = slices.Delete(el.Attr, i, i+1) },
		"changed":       func(el *etree.Element, i int) { el.Attr[i].Value += "x" },
		"with a prefix": func(el *etree.Element, i int) { el.Attr[i].Space = "samlp" },
		"doubled":       func(el *etree.Element, i int) { el.Attr = append(el.Attr, el.Attr[i]) },
	}
	w, n, harmless := newWorld(t), 0, 0
	count := func(accepted bool) {
		if n++; accepted {
			harmless++
		}
	}
	for shape, f := range shapes() {
		r := answer()
		f(r)
		root := r.tree(t)
		want := w.accepts(arrival(bytesOf(t, root)))
		for el := range samlxml.All(root) {
			p := path(el)
			for kind, change := range elements {
				count(changed(t, w, root, want, shape+", "+el.Tag+" "+kind, func(c *etree.Element) { change(at(c, p)) }))
			}
			for i, a := range el.Attr {
				for kind, change := range attributes {
					count(changed(t, w, root, want, shape+", "+el.Tag+" "+a.Key+" "+kind, func(c *etree.Element) { change(at(c, p), i) }))
				}
			}
		}
	}
	t.Logf("%d changes, %d of them harmless", n, harmless)
	if n < 1000 || harmless > n/4 {
		t.Errorf("%d changes, %d of them harmless", n, harmless)
	}
}
