package samlsp

import (
	"crypto/x509"
	"testing"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// One verification by goxmldsig alone is what a sign-in is measured by: at most four of them.
func BenchmarkGoxmldsig(b *testing.B) {
	r := answer()
	responseSigned(r)
	r.signResponse.keyInfo = keyInfo(idpPair())
	raw := r.bytes(b)
	v := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{idpPair().Certificate}})
	v.Clock = dsig.NewFakeClockAt(began())
	b.ReportAllocs()
	for b.Loop() {
		doc := etree.NewDocument()
		if err := doc.ReadFromBytes(raw); err != nil {
			b.Fatal(err)
		}
		if _, err := v.Validate(doc.Root()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkComplete(b *testing.B) {
	for name, change := range map[string]func(*response){"response": responseSigned, "assertion": func(*response) {}, "both": bothSigned} {
		b.Run(name, func(b *testing.B) {
			w, r := newWorld(b), answer()
			change(r)
			a := arrival(r.bytes(b))
			b.ReportAllocs()
			for b.Loop() {
				w.forget()
				if _, err := w.c.Complete(b.Context(), a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
