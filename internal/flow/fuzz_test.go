package flow

import (
	"encoding/base64"
	"reflect"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// FuzzOpen sends foreign bytes: sealed ones must never open, whatever they are.
func FuzzOpen(f *testing.F) {
	fx := newFixture(f, Config{})
	f.Add("")
	f.Add("AQABAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		if fl, err := fx.Open(s, browser(7)); err == nil || fl != nil {
			t.Fatal("opened a flow that nobody sealed")
		}
		if _, err := fx.VerifyStep(s, StepLogin, fx.tenant); err == nil {
			t.Fatal("verified a step that nobody signed")
		}
		fx.ReturnURL("https://op.test", s, s)
	})
}

// FuzzDecode gives the decoder plaintexts of its own key, as a later version with a mistake might: it must not panic, and what it reads must
// survive being written again.
func FuzzDecode(f *testing.F) {
	fx := newFixture(f, Config{})
	plain, err := encode(fx.sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, plain []byte) {
		if st, ok := decodeStep(plain); ok {
			if _, ok := decodeStep(encodeStep(*st)); !ok {
				t.Fatal("a step is not read as it was written")
			}
		}
		s := base64.RawURLEncoding.EncodeToString(fx.ring.SealBytes(keys.Flows, aad(), plain))
		fl, err := fx.unseal(s)
		if err != nil {
			return
		}
		again, err := encode(*fl)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decode(again); err != nil || !reflect.DeepEqual(back, fl) {
			t.Fatalf("%+v is not read as it was written (%v)", fl, err)
		}
	})
}
