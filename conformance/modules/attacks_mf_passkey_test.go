package modules

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// A passkey from its registration to tokens: nobody types a name.
func TestPasskeySignIn(t *testing.T) {
	w := keyed(t)
	auth := w.Authenticator()
	auth.Flags |= testkit.FlagBE | testkit.FlagBS
	w.enrolled(auth)
	b, p := w.signKey(auth)
	w.in(p)
	if !strings.Contains(b.Get("/").Body, "Maria Example") {
		t.Error("somebody else is signed in")
	}
	all := w.sessions(w.person)
	if s := all[len(all)-1]; s.ACR != "phr" || !slices.Equal(s.AMR, storage.Strings{"swk", "user", "mfa"}) {
		t.Errorf("acr %q amr %v", s.ACR, s.AMR)
	}
	rp := w.Client(storage.ClientMetadata{})
	other := w.Browser()
	consent := w.use(other, other.Get(w.AuthURL(rp, "acr_values", "phr")), auth)
	code := consent.Allow().Code()
	if a := w.ok(w.Redeem(rp, code)); a.Text("id_token") == "" {
		t.Errorf("no tokens: %s", a.Body)
	}
	k := w.keys(w.person)[0]
	if k.LastUsedAt == nil || !k.Syncs || !k.Synced || !k.Verified || k.Hardware {
		t.Errorf("kept as %+v", k)
	}
	if list := other.Get("/account/passkeys"); !strings.Contains(list.Body, "On all your devices") || !strings.Contains(list.Body, "signalAllAcceptedCredentials") {
		t.Errorf("the list does not show it: %.900s", list.Body)
	}
}

// MF10: an assertion counts in its own ceremony, once, in time, from our page, with somebody there.
func TestMF10_PasskeyCeremony(t *testing.T) {
	w := keyed(t)
	auth := w.Authenticator()
	w.enrolled(auth)
	before := len(w.sessions(w.person))
	honest := *auth
	for name, c := range map[string]struct {
		row string
		lie func(a *testkit.Authenticator)
	}{
		"of a registration": {"assertion.type", func(a *testkit.Authenticator) { a.Client = func(d map[string]any) { d["type"] = "webauthn.create" } }},
		"of another site":   {"assertion.origin", func(a *testkit.Authenticator) { a.Origin = "https://evil.test" }},
		"of another port":   {"assertion.origin", func(a *testkit.Authenticator) { a.Origin = w.URL + "0" }},
		"of a site below":   {"assertion.origin", func(a *testkit.Authenticator) { a.Origin = "http://x." + strings.TrimPrefix(w.URL, "http://") }},
		"in a frame":        {"assertion.framed", func(a *testkit.Authenticator) { a.Client = func(d map[string]any) { d["crossOrigin"] = true } }},
		"under another's page": {"assertion.framed", func(a *testkit.Authenticator) {
			a.Client = func(d map[string]any) { d["topOrigin"] = "https://evil.test" }
		}},
		"for another domain":     {"assertion.rp_id", func(a *testkit.Authenticator) { a.Data = func(d []byte) []byte { d[0] ^= 1; return d } }},
		"with nobody there":      {"assertion.present", func(a *testkit.Authenticator) { a.Flags &^= testkit.FlagUP }},
		"backed up, which can't": {"assertion.backup", func(a *testkit.Authenticator) { a.Flags |= testkit.FlagBS }},
		"eligible all at once":   {"assertion.backup", func(a *testkit.Authenticator) { a.Flags |= testkit.FlagBE }},
		"with a made-up challenge": {"assertion.challenge", func(a *testkit.Authenticator) {
			a.Client = func(d map[string]any) { d["challenge"] = strings.Repeat("A", 78) }
		}},
		"of nobody": {"assertion.owner", func(a *testkit.Authenticator) {
			a.Answer = func(d map[string]any) { delete(d["response"].(map[string]any), "userHandle") }
		}},
		"of somebody else": {"assertion.owner", func(a *testkit.Authenticator) {
			a.Answer = func(d map[string]any) { d["response"].(map[string]any)["userHandle"] = "AAAA" }
		}},
		"changed after signing": {"assertion.signature", func(a *testkit.Authenticator) {
			a.Answer = func(d map[string]any) { d["response"].(map[string]any)["signature"] = "MEUCIQAA" }
		}},
		"of an unknown passkey": {"assertion.known", func(a *testkit.Authenticator) {
			a.Held = []*testkit.Credential{{ID: []byte("unknown credential"), Handle: a.Held[0].Handle, RPID: "localhost", Key: a.Held[0].Key}}
		}},
	} {
		liar := honest
		c.lie(&liar)
		w.row(c.row, func() {
			_, p := w.signKey(&liar)
			w.noKey(p)
			if (name == "of an unknown passkey") != strings.Contains(p.Body, "signalUnknownCredential") {
				t.Errorf("%s: whether the browser should forget the passkey", name)
			}
		})
	}
	if n := len(w.sessions(w.person)); n != before {
		t.Errorf("%d sessions were made", n-before)
	}
	w.otherFlows(auth)
}

// otherFlows tries answers where they were not asked for: replayed, in another flow, in another browser, late, in the wrong ceremony.
func (w *world) otherFlows(auth *testkit.Authenticator) {
	w.t.Helper()
	victim, thief := w.Browser(), w.Browser()
	page := victim.Get("/login")
	answer := auth.Get(w.options(victim, flowOf(page)))
	w.row("assertion.challenge", func() { w.noKey(victim.Post("/login/passkey", keyForm(victim.Get("/login"), answer))) })
	w.row("assertion.challenge", func() { w.noKey(thief.Post("/login/passkey", keyForm(thief.Get("/login"), answer))) })
	_, theirs := thief.Get("/login").Form()
	w.row("assertion.flow", func() {
		_, form := page.Form()
		p := thief.Post("/login/passkey", url.Values{"csrf": {theirs.Get("csrf")}, "flow": {form.Get("flow")}, "credential": {answer}})
		if p.Status != http.StatusBadRequest || p.HasID("login-passkey") {
			w.t.Errorf("another browser's flow: %d", p.Status)
		}
	})
	w.row("assertion.csrf", func() {
		form := keyForm(page, answer)
		form.Set("csrf", theirs.Get("csrf"))
		if p := victim.Post("/login/passkey", form); p.Status != http.StatusForbidden || p.HasID("login-passkey") {
			w.t.Errorf("another browser's form: %d", p.Status)
		}
	})
	own, in := w.signKey(auth)
	w.in(in)
	create := w.options(own, "/account/passkeys/options")
	var o struct{ Challenge string }
	w.must(json.Unmarshal([]byte(create), &o))
	mixed := *auth
	mixed.Client = func(d map[string]any) { d["challenge"] = o.Challenge }
	w.row("assertion.challenge", func() { _, p := w.signKey(&mixed); w.noKey(p) })
	w.Clock.Advance(11 * time.Minute)
	w.row("assertion.challenge", func() { w.noKey(victim.Post("/login/passkey", keyForm(page, answer))) })
}

// MF10: of sixteen who send one answer at once, one is let in; nothing was written until then.
func TestMF10_PasskeyReplay(t *testing.T) {
	w := keyed(t)
	auth := w.Authenticator()
	w.enrolled(auth)
	b := w.Browser()
	page := b.Get("/login")
	tables := []string{"replays", "sessions", "passkeys", "audit_events", "pending", "changes"}
	before := w.rowsIn(tables...)
	var options string
	for range 20 {
		options = w.options(b, flowOf(page))
	}
	if now := w.rowsIn(tables...); now != before {
		t.Errorf("asking for options wrote %d rows", now-before)
	}
	form := keyForm(page, auth.Get(options))
	junk := keyForm(page, auth.Get(strings.Replace(options, `"challenge":"`, `"challenge":"x`, 1)))
	w.noKey(b.Post("/login/passkey", junk))
	if now := w.rowsIn(tables...); now != before {
		t.Errorf("an answer that proves nothing wrote %d rows", now-before)
	}
	in := make(chan bool, 16)
	for range cap(in) {
		go func() {
			a := b.Raw(http.MethodPost, "/login/passkey", form.Encode(), "Content-Type", testkit.FormType, "Origin", w.URL)
			in <- a.Status == http.StatusSeeOther
		}()
	}
	won := 0
	for range cap(in) {
		if <-in {
			won++
		}
	}
	if won != 1 {
		t.Errorf("one answer let in %d times", won)
	}
	w.row("assertion.once", func() { w.noKey(b.Post("/login/passkey", form)) })
}

// MF12: who is not verified is refused, or counts as one factor that meets no stronger demand.
func TestMF12_UserVerification(t *testing.T) {
	t.Run("required", func(t *testing.T) {
		w := keyed(t)
		auth := w.Authenticator()
		w.enrolled(auth)
		auth.Flags &^= testkit.FlagUV
		w.row("assertion.verified", func() { _, p := w.signKey(auth); w.noKey(p) })
		own := w.Browser()
		_, page := w.Browser(), w.use(own, own.Get("/login"), verified(auth))
		w.in(page)
		w.row("enrolment.verified", func() {
			if p := w.addKey(own, auth); p.Status != http.StatusForbidden || len(w.keys(w.person)) != 1 {
				t.Errorf("added without user verification: %d", p.Status)
			}
		})
	})
	t.Run("preferred", func(t *testing.T) {
		w := keyed(t, lenientUV)
		auth := w.Authenticator()
		auth.Flags &^= testkit.FlagUV
		w.enrolled(auth)
		b, p := w.signKey(auth)
		w.in(p)
		all := w.sessions(w.person)
		if s := all[len(all)-1]; s.ACR != "1" || slices.Contains(s.AMR, "mfa") || !slices.Contains(s.AMR, "swk") {
			t.Errorf("acr %q amr %v", s.ACR, s.AMR)
		}
		rp := w.Client(storage.ClientMetadata{})
		for _, acr := range []string{"2", "phr"} {
			p := b.Get(w.AuthURL(rp, "claims", `{"id_token":{"acr":{"essential":true,"value":"`+acr+`"}}}`))
			if p.Code() != "" || p.HasID("consent-allow") {
				t.Errorf("acr %s is met by one factor: %s", acr, p.URL)
			}
		}
	})
}

// verified is the same authenticator, verifying its user.
func verified(a *testkit.Authenticator) *testkit.Authenticator {
	v := *a
	v.Flags |= testkit.FlagUV
	return &v
}

// MF15: a signature counter that goes back is an event, and refused where the operator says so.
func TestMF15_SignatureCounter(t *testing.T) {
	for _, policy := range []string{"warn", "refuse"} {
		t.Run(policy, func(t *testing.T) {
			w := keyed(t, passkeys(func(c *app.Config) { c.Login.Passkeys.Counter = policy }))
			auth := w.Authenticator()
			auth.Count = 5
			w.enrolled(auth)
			auth.Count = 6
			_, p := w.signKey(auth)
			w.in(p)
			events := func() []storage.AuditEvent {
				evs, err := w.App.DB.AuditEvents(context.Background(), w.App.Tenant, storage.AuditFilter{Type: "passkey.count", Limit: 10})
				w.must(err)
				return evs
			}
			if n := len(events()); n != 0 {
				t.Errorf("%d events about a counter that grows", n)
			}
			for i, count := range []uint32{6, 3, 0} {
				auth.Count = count
				if policy == "refuse" {
					w.row("assertion.count", func() { _, p := w.signKey(auth); w.noKey(p) })
				} else {
					_, p := w.signKey(auth)
					w.in(p)
				}
				evs := events()
				if len(evs) != i+1 || evs[0].Severity != "warning" || evs[0].Reason != "went_back" {
					t.Errorf("after %d: %+v", count, evs)
				}
			}
			if k := w.keys(w.person)[0]; k.SignCount != 6 {
				t.Errorf("the counter stands at %d", k.SignCount)
			}
			auth.Count = 7
			_, p = w.signKey(auth)
			w.in(p)
		})
	}
}

// MF16: disabled and locked people are refused after the assertion, by the same answer.
func TestMF16_DisabledPerson(t *testing.T) {
	w := keyed(t)
	auth := w.Authenticator()
	w.enrolled(auth)
	for _, state := range []storage.PersonState{storage.PersonLocked, storage.PersonDisabled} {
		w.must(w.App.Directory.SetState(context.Background(), w.App.Tenant, w.person.ID, state, testkit.Operator()))
		w.row("assertion.state", func() {
			_, p := w.signKey(auth)
			w.noKey(p)
			if strings.Contains(p.Body, "signalUnknownCredential") {
				t.Error("the browser is told to forget a passkey that counts again tomorrow")
			}
		})
	}
	w.must(w.App.Directory.SetState(context.Background(), w.App.Tenant, w.person.ID, storage.PersonActive, testkit.Operator()))
	_, p := w.signKey(auth)
	w.in(p)
}

// A request about one person is not answered by another's passkey.
func TestPasskeyOfAnotherPerson(t *testing.T) {
	w := keyed(t)
	auth := w.Authenticator()
	w.enrolled(auth)
	rp := w.Client(storage.ClientMetadata{})
	email, _ := w.somebody()
	other := w.Browser()
	hint := w.ok(w.Redeem(rp, other.Authorize(w.AuthURL(rp), email).Get("code"))).Text("id_token")
	w.row("assertion.subject", func() {
		b := w.Browser()
		p := w.use(b, b.Get(w.AuthURL(rp, "id_token_hint", hint)), auth)
		if p.Status != http.StatusForbidden || p.Code() != "" {
			t.Errorf("answered by somebody else: %d on %s", p.Status, p.URL)
		}
	})
}
