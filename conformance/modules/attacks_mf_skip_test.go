package modules

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestMF08_MethodSkip(t *testing.T) {
	w, phone, _ := secured(t)
	b := w.Browser()
	page := b.Half(w.email)
	for name, form := range map[string][]string{
		"an empty form":      {"code", "", "factor", "totp"},
		"no method":          {"factor", ""},
		"method=none":        {"factor", "none", "method", "none"},
		"a passkey":          {"factor", "passkey", "code", "{}"},
		"remember_device":    {"remember_device", "true", "trusted", "1", "code", "000000", "factor", "totp"},
		"a first factor":     {"factor", "pwd", "code", testkit.Password},
		"an unused method":   {"factor", "backup", "code", "aaaaa-aaaaa"},
		"claims of the form": {"acr", "2", "amr", "otp", "person", w.person.ID.String(), "code", "111111"},
	} {
		if p := page.Submit(form...); p.Status == http.StatusOK && p.URL.Path == "/" {
			t.Errorf("%s: signed in", name)
		}
		w.nobody(b)
	}
	w.row("mfa.form", func() { page.Submit("code", "") })
	w.row("mfa.factor", func() { page.Submit("factor", "none", "code", "000000") })
	w.row("mfa.csrf", func() {
		if p := page.Submit("csrf", "x", "code", phone.Next()); p.Status != http.StatusForbidden {
			t.Errorf("without the form's token: %d", p.Status)
		}
	})
	w.row("mfa.flow", func() { page.Submit("flow", "x", "code", phone.Code(0)) })
	w.nobody(b)
	// An empty form is no try: none of these used up the limit, and the right code still counts.
	w.Clock.Advance(2 * time.Minute)
	w.in(page.Factor("totp", phone.Next()))
}

func TestMF08_OtherPeoplesSteps(t *testing.T) {
	w, phone, _ := secured(t)
	email, _ := w.somebody()
	mallory := w.Browser()
	w.in(guess(mallory, email, testkit.Password))
	app := mallory.AddApp()
	own := w.Browser()
	page := own.Half(email)
	victim := w.Browser().Half(w.email)
	for name, step := range map[string]string{
		"none": "", "forged": "x", "the victim's": victim.Query("step"), "half of it": page.Query("step")[:60],
		"changed": page.Query("step")[:40] + swap(page.Query("step")[40:41]) + page.Query("step")[41:],
	} {
		w.row("mfa.first", func() {
			if p := page.Submit("step", step, "factor", "totp", "code", app.Next()); p.URL.Path != "/login" {
				t.Errorf("%s: %d on %s", name, p.Status, p.URL.Path)
			}
		})
		w.nobody(own)
	}
	// A whole half sign-in of another browser opens in no other.
	if p := own.Get(victim.URL.String()); p.HasID("mfa-code") {
		t.Error("another browser's second step opens")
	}
	// A half sign-in does not last.
	late := w.Browser().Half(w.email)
	w.Clock.Advance(10 * time.Minute)
	w.row("mfa.first", func() {
		if p := late.Factor("totp", phone.Next()); p.URL.Path != "/login" {
			t.Errorf("after ten minutes: %d on %s", p.Status, p.URL.Path)
		}
	})
}

// swap is another character of base64.
func swap(c string) string {
	if c == "A" {
		return "B"
	}
	return "A"
}

// MF16: between the factors the account is locked, or its password changed.
func TestMF16_ChangedBetweenTheFactors(t *testing.T) {
	w, phone, _ := secured(t)
	ctx := t.Context()
	for name, change := range map[string]func() error{
		"locked": func() error {
			return w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonLocked, testkit.Operator())
		},
		"disabled": func() error {
			return w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonDisabled, testkit.Operator())
		},
		"password changed": func() error {
			return w.App.Directory.SetPassword(ctx, w.App.Tenant, w.person.ID, w.person.PasswordHash, storage.ID{}, testkit.Operator())
		},
	} {
		b := w.Browser()
		page := b.Half(w.email)
		w.must(change())
		w.row("mfa.first", func() {
			if p := page.Factor("totp", phone.Next()); p.URL.Path != "/login" {
				t.Errorf("%s: %d on %s", name, p.Status, p.URL.Path)
			}
		})
		w.nobody(b)
		w.must(w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonActive, testkit.Operator()))
	}
	w.in(w.Browser().Half(w.email).Factor("totp", phone.Next()))
}

// SE13: with the first factor alone there is no session, at any door.
func TestSE13_MFAPendingSession(t *testing.T) {
	w, phone, _ := secured(t)
	rp := w.Client(storage.ClientMetadata{})
	b := w.Browser()
	page := b.Get(w.AuthURL(rp)).SignIn(w.email, testkit.Password)
	if !page.HasID("mfa-code") || cookie(b, w.URL, "jedan-session") != "" {
		t.Fatalf("not half signed in: %d on %s", page.Status, page.URL.Path)
	}
	step, flow := page.Query("step"), page.Query("flow")
	for _, path := range []string{
		"/account/security", "/account/password", "/account/apps", "/account/approvals", "/login/account", "/consent", "/account/sessions",
	} {
		q := url.Values{"flow": {flow}, "step": {step}}
		if p := b.Get(path + "?" + q.Encode()); p.Status == http.StatusOK && p.URL.Path != "/login" {
			t.Errorf("%s: %d on %s", path, p.Status, p.URL.Path)
		}
	}
	if p := b.Get("/oauth2/authorize?" + url.Values{"flow": {flow}, "step": {step}}.Encode()); p.Location != nil || p.URL.Path != "/login" {
		t.Errorf("the dispatcher: %d on %s", p.Status, p.URL.Path)
	}
	if q := w.response(get(b, w.AuthURL(rp, "prompt", "none")), rp, "query"); q.Get("error") != "login_required" {
		t.Errorf("prompt=none: %v", q)
	}
	for _, token := range []string{step, flow} {
		w.refused(w.Userinfo(token), 401, "invalid_token")
	}
	// With both there is one, and it says so.
	done := page.Factor("totp", phone.Next()).Allow()
	_, claims := w.parts(w.ok(w.Redeem(rp, done.Params().Get("code"))).Text("id_token"))
	amr := members(claims, "amr")
	if claims["acr"] != "2" || strings.Join(amr, " ") != "mfa otp pwd" {
		t.Errorf("acr %v, amr %v", claims["acr"], amr)
	}
}
