package flow

import (
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// A request that came by POST belongs to nobody until a browser adopts it, and to that browser from then on.
func TestAdopt(t *testing.T) {
	f := newFixture(t, Config{})
	fl := f.sample()
	fl.Browser = [16]byte{}
	waiting := f.mustSeal(t, fl)
	for _, b := range [][16]byte{browser(7), {}} {
		if _, err := f.Open(waiting, b); !errs.Is(err, errs.Invalid) {
			t.Errorf("an unadopted flow opened: %v", err)
		}
	}
	got, sealed, err := f.Adopt(waiting, browser(7))
	if err != nil || got.Browser != browser(7) || got.Client != "acme" || !got.Started.Equal(fl.Started) {
		t.Fatalf("%+v %v", got, err)
	}
	if opened, err := f.Open(sealed, browser(7)); err != nil || opened.ID != got.ID {
		t.Errorf("in its browser: %v", err)
	}
	if _, err := f.Open(sealed, browser(8)); err == nil {
		t.Error("opened in another browser")
	}
	other, _, err := f.Adopt(waiting, browser(8))
	if err != nil || other.ID == got.ID || other.ID == fl.ID {
		t.Errorf("two browsers share a flow: %v", err)
	}
}

func TestAdoptRefuses(t *testing.T) {
	f := newFixture(t, Config{})
	mine := f.mustSeal(t, f.sample())
	fl := f.sample()
	fl.Browser = [16]byte{}
	waiting := f.mustSeal(t, fl)
	adopt := func(name, s string, b [16]byte) {
		t.Helper()
		if fl, sealed, err := f.Adopt(s, b); fl != nil || sealed != "" || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: adopted (%v)", name, err)
		}
	}
	adopt("another browser's", mine, browser(8))
	adopt("its own, twice", mine, browser(7))
	adopt("by nobody", waiting, [16]byte{})
	adopt("forged", waiting[1:], browser(7))
	f.now = f.now.Add(time.Hour)
	adopt("stale", waiting, browser(7))
}
