package flow

import (
	"encoding/base64"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

func browser(b byte) (id [16]byte) { id[0] = b; return id }

func (f *fixture) sample() Flow {
	fl := f.Begin(f.tenant, browser(7))
	fl.Client = "acme"
	fl.Params = url.Values{
		"response_type": {"code"}, "scope": {"openid profile"}, "state": {"a\x00b\n\"<>"}, "nonce": {""},
		"resource": {"https://a.test/", "https://b.test/"}, "x_own": {"ü"},
	}
	return fl
}

func (f *fixture) mustSeal(t *testing.T, fl Flow) string {
	t.Helper()
	s, err := f.Seal(fl)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFlowRoundTrip(t *testing.T) {
	f := newFixture(t, Config{})
	fl := f.sample()
	got, err := f.Open(f.mustSeal(t, fl), fl.Browser)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*got, fl) {
		t.Errorf("got %+v, want %+v", *got, fl)
	}
}

func TestEverySealLooksDifferentAndHidesItsContent(t *testing.T) {
	f := newFixture(t, Config{})
	fl := f.sample()
	a, b := f.mustSeal(t, fl), f.mustSeal(t, fl)
	raw, err := base64.RawURLEncoding.DecodeString(a)
	if a == b || err != nil || strings.Contains(string(raw), "acme") {
		t.Error("sealing is not what it should be")
	}
}

// A stale or foreign flow names its client, and nothing else opens.
func TestFlowOpensOnlyInItsBrowserAndTime(t *testing.T) {
	f := newFixture(t, Config{Lifetime: 10 * time.Minute})
	fl := f.sample()
	s := f.mustSeal(t, fl)
	begun := f.now
	cases := map[string]struct {
		browser [16]byte
		at      time.Duration
		why     string
	}{
		"good":           {browser(7), 10*time.Minute - time.Microsecond, ""},
		"stale":          {browser(7), 10 * time.Minute, Stale},
		"from tomorrow":  {browser(7), -3 * time.Minute, Stale},
		"a little early": {browser(7), -time.Minute, ""},
		"foreign":        {browser(8), 0, Foreign},
		"no browser":     {browser(0), 0, Foreign},
	}
	for name, c := range cases {
		f.now = begun.Add(c.at)
		got, err := f.Open(s, c.browser)
		if c.why == "" {
			if err != nil || got.Client != "acme" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		again, ok := AgainOf(err)
		if got != nil || !errs.Is(err, errs.Invalid) || !ok || again.Why != c.why || again.Client != "acme" || again.Tenant != f.tenant {
			t.Errorf("%s: got %v, %+v", name, err, again)
		}
	}
}

func TestForgedFlowsDoNotOpen(t *testing.T) {
	f := newFixture(t, Config{})
	s := f.mustSeal(t, f.sample())
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bent := append([]byte(nil), raw...)
		bent[i] ^= 1
		refuse(t, f, base64.RawURLEncoding.EncodeToString(bent))
	}
	other := newFixture(t, Config{})
	fl := other.sample()
	for _, bad := range []string{"", "!", s[:len(s)-1], s + "A", s + "=", s + "\n", strings.Repeat("A", MaxSealed+1), other.mustSeal(t, fl)} {
		refuse(t, f, bad)
	}
}

// What another part of the program seals under the same key is no flow.
func TestOtherSealedValuesAreNoFlows(t *testing.T) {
	f := newFixture(t, Config{})
	plain, err := encode(f.sample())
	if err != nil {
		t.Fatal(err)
	}
	refuse(t, f, base64.RawURLEncoding.EncodeToString(f.ring.SealBytes(keys.Flows, nil, plain)))
	refuse(t, f, base64.RawURLEncoding.EncodeToString(f.ring.SealBytes(keys.Opaque, aad(), plain)))
	refuse(t, f, base64.RawURLEncoding.EncodeToString(f.ring.SealBytes(keys.Flows, aad(), append(plain, 0))))
}

func refuse(t *testing.T, f *fixture, s string) {
	t.Helper()
	fl, err := f.Open(s, browser(7))
	if fl != nil || !errs.Is(err, errs.Invalid) {
		t.Fatalf("opened, or the wrong error: %v", err)
	}
	if _, ok := AgainOf(err); ok {
		t.Fatal("a forged flow names a client")
	}
}

func TestFlowFitsOrIsRefused(t *testing.T) {
	f := newFixture(t, Config{})
	fl := f.sample()
	sealable := 0
	for n := 2000; n < 4000; n++ {
		fl.Params.Set("state", strings.Repeat("s", n))
		s, err := f.Seal(fl)
		if err == nil {
			sealable = n
			if len(s) > MaxSealed {
				t.Fatalf("%d bytes", len(s))
			}
			if _, err := f.Open(s, fl.Browser); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if !errs.Is(err, errs.TooLarge) || s != "" {
			t.Fatalf("got %v", err)
		}
	}
	if sealable < 2700 {
		t.Errorf("only %d bytes of state fit", sealable)
	}
}

func TestSealRefusesWhatIsNoFlow(t *testing.T) {
	f := newFixture(t, Config{})
	for name, change := range map[string]func(*Flow){
		"no id":               func(fl *Flow) { fl.ID = storage.ID{} },
		"no tenant":           func(fl *Flow) { fl.Tenant = storage.ID{} },
		"no browser":          func(fl *Flow) { fl.Browser, fl.Client, fl.Return = [16]byte{}, "", "/account" },
		"no start":            func(fl *Flow) { fl.Started = time.Time{} },
		"nowhere to go":       func(fl *Flow) { fl.Client = "" },
		"two ways to go":      func(fl *Flow) { fl.Return = "/account" },
		"state twice":         func(fl *Flow) { fl.Params["state"] = []string{"a", "b"} },
		"parameter, no value": func(fl *Flow) { fl.Params["state"] = nil },
		"return elsewhere":    func(fl *Flow) { fl.Client, fl.Return = "", "//evil.test" },
	} {
		fl := f.sample()
		change(&fl)
		if s, err := f.Seal(fl); err == nil || s != "" {
			t.Errorf("%s: sealed", name)
		}
	}
}

func TestFlowsSurviveAKeyRotation(t *testing.T) {
	f := newFixture(t, Config{})
	fl := f.sample()
	s, token := f.mustSeal(t, fl), f.SignStep(Step{Flow: fl.ID, Step: StepLogin})
	for _, purpose := range []string{keys.Flows, keys.Sessions} {
		if _, err := f.ring.RotateDataKey(t.Context(), purpose); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Open(s, fl.Browser); err != nil {
		t.Error(err)
	}
	if _, err := f.VerifyStep(token, StepLogin, fl.ID); err != nil {
		t.Error(err)
	}
}

// WB06: the return path stays on this server.
func TestReturnPathIsLocal(t *testing.T) {
	for path, want := range map[string]bool{
		"/account": true, "/account/sessions?x=1&y=%20": true, "/": true,
		"": false, "account": false, "//evil.test": false, "/\\evil.test": false, "/%5cevil.test": false, "/%09/evil.test": false, "/%2fevil.test": false,
		"\\\\evil.test": false, "https:evil.test": false, "https://evil.test/": false, "/a/../b": false, "/%2e%2e/b": false, "/./b": false,
		"/a b": false, "/a\r\nb": false, "/a#b": false, "/ü": false, "/%": false, "/" + strings.Repeat("a", maxReturn): false,
	} {
		if localPath(path) != want {
			t.Errorf("%.40q: want %v", path, want)
		}
	}
}

func TestReturnURL(t *testing.T) {
	f := newFixture(t, Config{})
	fl := f.sample()
	s := f.mustSeal(t, fl)
	u, err := url.Parse(f.ReturnURL("https://op.test/base", s, "tok&en"))
	if err != nil || u.Host != "op.test" || u.Path != "/base/oauth2/authorize" || u.Query().Get("flow") != s || u.Query().Get("step") != "tok&en" {
		t.Errorf("%v %v", u, err)
	}
	fl.Client, fl.Return = "", "/account?a=b"
	if got := f.ReturnURL("https://op.test/base", f.mustSeal(t, fl), "token"); got != "https://op.test/base/account?a=b" {
		t.Error(got)
	}
	if got := f.ReturnURL("https://op.test", "//evil.test", ""); got != "https://op.test/oauth2/authorize?flow=%2F%2Fevil.test" {
		t.Error(got)
	}
}

func TestErrorsSayNothingOfTheRequest(t *testing.T) {
	f := newFixture(t, Config{})
	s := f.mustSeal(t, f.sample())
	_, err := f.Open(s, browser(9))
	var e *errs.Error
	if !errors.As(err, &e) || strings.Contains(err.Error(), "openid") || strings.Contains(err.Error(), s[:20]) {
		t.Errorf("%v", err)
	}
}

func TestLifetimeHasBounds(t *testing.T) {
	for given, want := range map[time.Duration]time.Duration{0: time.Hour, -1: time.Hour, 25 * time.Hour: time.Hour, time.Minute: time.Minute} {
		if got := New(Deps{}, Config{Lifetime: given}).lifetime; got != want {
			t.Errorf("%v: got %v", given, got)
		}
	}
}
