package samlsp

import (
	"crypto"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

func TestPairsAsText(t *testing.T) {
	made, err := samlxml.NewPair(ourName, began())
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]samlxml.Pair{"made": made, "curve": curvedPair()} {
		text, err := p.PEM()
		if err != nil {
			t.Fatal(err)
		}
		got, err := samlxml.ParsePair(text)
		if err != nil || !got.Certificate.Equal(p.Certificate) || !p.Key.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(got.Key.Public()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	text := func(p samlxml.Pair) string {
		s, err := p.PEM()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	mixed := text(samlxml.Pair{Key: idpPair().Key, Certificate: evilPair().Certificate})
	for name, bad := range map[string]string{
		"nothing": "", "weak": text(weakPair()), "of two": mixed, "no certificate": mixed[:strings.Index(mixed, "-----BEGIN CERT")],
		"no key": pemOf(idpPair())[0], "two certificates": text(idpPair()) + pemOf(idpPair())[0],
	} {
		if _, err := samlxml.ParsePair(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if made.Certificate.NotAfter.Sub(began()).Hours() < 3*365*24 || !samlxml.Counts(made.Certificate, began()) {
		t.Errorf("valid until %v", made.Certificate.NotAfter)
	}
}

func TestExpiry(t *testing.T) {
	w := newWorld(t)
	ends := idpPair().Certificate.NotAfter
	if at, err := w.c.Expires(t.Context()); err != nil || !at.Equal(ends) {
		t.Errorf("%v %v", at, err)
	}
	end := began().AddDate(0, 1, 0)
	w = newWorld(t, byMetadata(describedBy(` validUntil="`+end.Format("2006-01-02T15:04:05Z")+`"`, idpPair())))
	if at, err := w.c.Expires(t.Context()); err != nil || !at.Equal(end) {
		t.Errorf("%v %v", at, err)
	}
	w = newWorld(t, byMetadataURL)
	if at, err := w.c.Expires(t.Context()); err != nil || !at.IsZero() {
		t.Errorf("%v %v", at, err)
	}
	w = newWorld(t)
	w.keys.pairs.Current.Certificate = pairOf("ours", ownPair().Key, nil).Certificate
	w.keys.pairs.Current.Certificate.NotAfter = end
	if at, err := w.c.Expires(t.Context()); err != nil || !at.Equal(end) {
		t.Errorf("%v %v", at, err)
	}
}
