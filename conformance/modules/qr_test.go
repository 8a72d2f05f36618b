package modules

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Both sides show the other's place and device; the sign-in is one factor, as old as that of the phone, and is told like any other in a new browser.
func TestQR_SignIn(t *testing.T) {
	w := alone(t, cheap, free, proxied, byPhone)
	rp := w.Client(storage.ClientMetadata{ClientName: "Acme Files"})
	phone := w.handset(w.email)
	heard := len(w.subjects(w.email))
	w.Clock.Advance(4 * time.Minute)
	b := w.gadget(desktopAgent, "192.0.2.7")
	login := b.Get(w.AuthURL(rp))
	if !login.HasID("login-qr") {
		t.Error("the sign-in page does not offer it")
	}
	desk := w.desk(b, login)
	if desk.Header.Get("Refresh") == "" || qrNumberShown.MatchString(desk.Body) {
		t.Error("the page does not look again by itself, or shows the number before anybody opened the link")
	}
	if p := b.Get(desk.URL.String() + "&still=1"); p.Header.Get("Refresh") != "" || !p.HasID("qr-link") {
		t.Error("the page cannot be had to stay as it is")
	}
	p := phone.Get(qrLink(desk))
	for _, shown := range []string{"Acme Files", "Firefox on Windows", "192.0.2.7", "Another network than yours", w.email} {
		if !strings.Contains(p.Body, shown) {
			t.Errorf("the phone does not show %q: %.900s", shown, p.Body)
		}
	}
	p = p.Submit("decision", "go")
	seen := lookAgain(b, desk)
	for _, shown := range []string{"Chrome on Android", "203.0.113.7"} {
		if !strings.Contains(seen.Body, shown) {
			t.Errorf("the browser does not show %q: %.900s", shown, seen.Body)
		}
	}
	number := w.qrNumber(b, desk)
	if strings.Contains(p.Body, ">"+number+"<") || strings.Contains(seen.Body, w.email) || seen.HasID("qr-continue") {
		t.Error("a side shows what is the other's, or who it is before it is allowed")
	}
	if p = allow(p, " "+number+" "); p.Status != http.StatusOK {
		t.Fatalf("not allowed: %d %.300s", p.Status, p.Body)
	}
	ready := lookAgain(b, desk)
	if !strings.Contains(ready.Body, w.email) || !strings.Contains(ready.Body, "Chrome on Android") || ready.Header.Get("Refresh") != "" {
		t.Errorf("not said who, and by which device: %.900s", ready.Body)
	}
	a := w.ok(w.Redeem(rp, ready.Submit().Allow().Code()))
	_, claims := w.parts(a.Text("id_token"))
	age := float64(w.Clock.Now().Unix()) - claims["auth_time"].(float64)
	if claims["acr"] != "1" || !slices.Equal(strs(claims["amr"]), []string{"pwd", "mca"}) || age < 240 {
		t.Errorf("acr %v, amr %v, proved %vs ago", claims["acr"], claims["amr"], age)
	}
	if got := w.subjects(w.email)[heard:]; !slices.Equal(got, []string{"Neue Anmeldung in Ihrem Konto"}) {
		t.Errorf("told %q", got)
	}
	w.overAt("once more", lookAgain(b, desk))
	w.overAt("the button once more", ready.Submit())
	w.linkOver("the link once more", phone.Get(qrLink(desk)))

	// Both sides are on record, with one number for both and the other's device.
	requests := map[any]bool{}
	for kind, other := range map[string]string{audit.QRApprove: "192.0.2.7", audit.QRUse: "203.0.113.7"} {
		evs := w.factorEvents(kind)
		if len(evs) != 1 {
			t.Fatalf("%s: %d events", kind, len(evs))
		}
		e := w.detail(evs[0])
		if requests[e.Data["request"]] = true; e.Data["other_ip"] != other || e.Client != rp.ID {
			t.Errorf("%s: %+v", kind, e)
		}
	}
	if len(requests) != 1 {
		t.Error("the events do not belong together")
	}
	for _, secret := range []string{qrToken(desk), number + `"`} {
		if strings.Contains(w.Log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if p := phone.Get("/account/activity"); !strings.Contains(p.Body, "A sign-in on another device was allowed with this phone") {
		t.Error("the person's own list does not say it")
	}
}

func qrToken(desk *testkit.Page) string {
	u, err := url.Parse(qrLink(desk))
	if err != nil {
		return err.Error()
	}
	return u.Query().Get("token")
}

func strs(v any) (out []string) {
	list, _ := v.([]any)
	for _, x := range list {
		s, _ := x.(string)
		out = append(out, s)
	}
	return out
}

// Whoever follows links changes nothing, and learns nothing without a session; a link works on one phone, for one flow, in one browser.
func TestQR_RelayAndReplay(t *testing.T) {
	w := alone(t, cheap, free, proxied, byPhone)
	email, _ := w.somebody()
	mine, theirs := w.handset(w.email), w.handset(email)
	b, desk := w.waitingDesk()
	link := qrLink(desk)

	scanner := w.Browser()
	for range 3 {
		if p := scanner.Get(link); p.URL.Path != "/login" || strings.Contains(p.Body, "Firefox on Windows") {
			t.Errorf("a stranger: %d on %s", p.Status, p.URL)
		}
		w.Raw(http.MethodHead, strings.TrimPrefix(link, w.URL), "")
		mine.Get(link)
		theirs.Get(link)
	}
	if p := lookAgain(b, desk); qrLink(p) != link || qrNumberShown.MatchString(p.Body) {
		t.Fatal("looking at the link has changed something")
	}

	// Other links.
	last := link[len(link)-1:]
	w.row("qr_link.secret", func() { w.linkOver("another secret", mine.Get(link[:len(link)-4]+"AAA"+last)) })
	w.row("qr_link.known", func() {
		w.linkOver("another id", mine.Get(strings.Replace(link, qrToken(desk)[:8], "AAAAAAAA", 1)))
	})
	for _, bad := range []string{"", "x", "%0a", strings.Repeat("A", 500)} {
		w.linkOver("no link", mine.Get("/account/qr?token="+bad))
	}

	// Somebody else's form, or none of ours.
	page := mine.Get(link)
	_, form := page.Form("decision", "go")
	if p := theirs.Post("/account/qr", form); p.Status != http.StatusForbidden {
		t.Errorf("a foreign form: %d", p.Status)
	}
	form.Del("csrf")
	if p := mine.Post("/account/qr", form); p.Status != http.StatusForbidden {
		t.Errorf("a form without its token: %d", p.Status)
	}
	if p := mine.PostFrom("https://evil.example", "/account/qr", form); p.Status != http.StatusForbidden {
		t.Errorf("from another site: %d", p.Status)
	}
	if qrNumberShown.MatchString(lookAgain(b, desk).Body) {
		t.Fatal("a foreign form went on")
	}

	// Two phones: whoever goes on first has it.
	other := theirs.Get(link)
	number := w.scanned(mine, link)
	w.row("qr_link.own", func() { w.linkOver("another phone", theirs.Get(link)) })
	w.linkOver("another phone's form", other.Submit("decision", "go"))
	w.linkOver("another phone's refusal", other.Submit("decision", "deny"))
	right := w.qrNumber(b, desk)

	// What is no number is no try; the form of one link is none for another.
	for _, typed := range []string{"", "4", "474", "ab", "४७"} {
		if p := allow(number, typed); p.Status != http.StatusBadRequest || !p.HasID("qr-number-error") {
			t.Errorf("%q: %d", typed, p.Status)
		}
	}
	_, second := w.waitingDesk()
	if p := number.Submit("decision", "allow", "number", right, "token", qrToken(second)); p.Status != http.StatusForbidden {
		t.Errorf("the form of another link: %d", p.Status)
	}
	if p := number.Submit("decision", "maybe"); p.Status != http.StatusBadRequest {
		t.Errorf("no answer: %d", p.Status)
	}
	if p := allow(number, right); p.Status != http.StatusOK {
		t.Fatalf("the right number: %d %.300s", p.Status, p.Body)
	}
	w.row("qr_link.waits", func() { w.linkOver("approved once more", allow(number, right)) })
	w.linkOver("refused afterwards", number.Submit("decision", "deny"))

	// Only the browser and the flow that asked complete it.
	ready := lookAgain(b, desk)
	if p := w.Browser().Get(ready.URL.String()); p.HasID("qr-continue") || p.Status != http.StatusBadRequest {
		t.Errorf("another browser: %d", p.Status)
	}
	_, form = ready.Form()
	if p := w.Browser().Post("/login/qr/use", form); p.HasID("home-sign-out") || p.Status == http.StatusOK {
		t.Errorf("another browser's click: %d on %s", p.Status, p.URL)
	}
	flow := b.Get("/login").Query("flow")
	form.Set("flow", flow)
	w.overAt("another flow", b.Post("/login/qr/use", form))
	beside := w.desk(b, b.Get("/login?"+url.Values{"flow": {flow}}.Encode()))
	form.Set("flow", beside.Query("flow"))
	if p := b.Post("/login/qr/use", form); p.Status != http.StatusForbidden {
		t.Errorf("what was shown for another flow: %d", p.Status)
	}
	w.nobody(b)
	w.in(ready.Submit())
}

// A wrong number, a refusal, time, a newer code, and whatever ends the account or the phone's session end it for good.
func TestQR_Ends(t *testing.T) {
	w := alone(t, cheap, free, proxied, byPhone)
	phone := w.handset(w.email)
	ctx, operator := t.Context(), testkit.Operator()

	b, desk := w.waitingDesk()
	page := w.scanned(phone, qrLink(desk))
	right := w.qrNumber(b, desk)
	w.row("qr_allow.number", func() { w.linkOver("a wrong number", allow(page, otherNumber(right))) })
	w.linkOver("the right one after it", allow(page, right))
	w.overAt("after a wrong number", lookAgain(b, desk))
	evs := w.factorEvents(audit.QRDeny)
	if len(evs) != 1 || evs[0].Outcome != audit.Failure || evs[0].Reason != "number" {
		t.Errorf("%+v", evs)
	}

	b, desk = w.waitingDesk()
	page = phone.Get(qrLink(desk))
	if p := page.Submit("decision", "deny"); p.Status != http.StatusOK || !p.HasID("qr-sessions") {
		t.Errorf("not refused: %d %.300s", p.Status, p.Body)
	}
	w.linkOver("after a refusal", page.Submit("decision", "go"))
	w.overAt("after a refusal", lookAgain(b, desk))
	b, desk = w.waitingDesk()
	page = w.scanned(phone, qrLink(desk))
	page.Submit("decision", "deny")
	w.linkOver("the number after a refusal", allow(page, "47"))
	w.overAt("after a refusal in front of the number", lookAgain(b, desk))
	if evs := w.factorEvents(audit.QRDeny); len(evs) != 3 || evs[2].Outcome != audit.Success || evs[2].Reason != "not_me" {
		t.Errorf("%+v", evs)
	}

	b, desk = w.waitingDesk()
	page = w.scanned(phone, qrLink(desk))
	right = w.qrNumber(b, desk)
	w.Clock.Advance(3 * time.Minute)
	w.linkOver("too late", allow(page, right))
	w.linkOver("the link, too late", phone.Get(qrLink(desk)))
	w.overAt("too late", lookAgain(b, desk))
	w.in(guess(phone, w.email, testkit.Password))
	b, desk = w.waitingDesk()
	ready := w.allowed(b, desk, phone)
	w.Clock.Advance(3 * time.Minute)
	w.row("qr_use.once", func() { w.overAt("allowed, and completed too late", ready.Submit()) })

	w.in(guess(phone, w.email, testkit.Password))
	b, desk = w.waitingDesk()
	older := w.allowed(b, desk, phone)
	newer := w.another(b, older)
	w.linkOver("an older code", phone.Get(qrLink(desk)))
	if p := older.Submit(); p.Status != http.StatusForbidden {
		t.Errorf("what an older code allowed: %d", p.Status)
	}
	w.in(w.allowed(b, newer, phone).Submit())

	for what, end := range map[string]func(){
		"signed out on the phone": func() { phone.Get("/oauth2/logout").Submit() },
		"another password": func() {
			w.must(w.App.Directory.SetPassword(ctx, w.App.Tenant, w.person.ID, w.person.PasswordHash, storage.ID{}, operator))
		},
		"signed out everywhere else": func() {
			phone.Get("/account/sessions")
			_, f := phone.Get("/account/sessions").Form()
			f.Del("session")
			f.Set("all", "1")
			phone.Post("/account/sessions", f)
		},
		"locked": func() {
			w.must(w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonLocked, operator))
		},
	} {
		w.must(w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonActive, operator))
		phone = w.handset(w.email)
		b, desk = w.waitingDesk()
		seen, seenBy := w.waitingDesk()
		number := w.scanned(phone, qrLink(seenBy))
		right := w.qrNumber(seen, seenBy)
		ready := w.allowed(b, desk, phone)
		end()
		if p := ready.Submit(); p.URL.Path != "/login/qr/use" || p.Status != http.StatusForbidden {
			t.Errorf("%s: completed: %d on %s", what, p.Status, p.URL)
		}
		w.nobody(b)
		if p := allow(number, right); p.Status == http.StatusOK && p.URL.Path == "/account/qr" {
			t.Errorf("%s: allowed: %.300s", what, p.Body)
		}
		w.must(w.App.Directory.SetState(ctx, w.App.Tenant, w.person.ID, storage.PersonActive, operator))
	}

	// A column that changed in the database alone, as a replica or a shell would.
	phone = w.handset(w.email)
	b, desk = w.waitingDesk()
	ready = w.allowed(b, desk, phone)
	w.set(w.person, "state", "disabled")
	w.row("qr_use.person", func() { w.overAt("disabled", ready.Submit()) })
}

// The phone's session must be young, its own, undoubted, and newer than what the application asks for.
func TestQR_ThePhonesSession(t *testing.T) {
	w := alone(t, cheap, free, proxied, byPhone)
	rp := w.Client(storage.ClientMetadata{FirstParty: true})
	stranger := w.gadget(phoneAgent, "203.0.113.7")
	b, desk := w.waitingDesk()
	p := stranger.Get(qrLink(desk)).SignIn(w.email, testkit.Password)
	if !p.HasID("qr-go") {
		t.Fatalf("signing in does not lead back to the link: %d on %s", p.Status, p.URL)
	}
	phone := stranger
	w.Clock.Advance(16 * time.Minute)

	// Too long ago: signed in anew, and back.
	b, desk = w.waitingDesk()
	p = phone.Get(qrLink(desk)).Submit("decision", "go")
	if !p.HasID("login-password") || qrNumberShown.MatchString(lookAgain(b, desk).Body) {
		t.Fatalf("an old session goes on: %d on %s", p.Status, p.URL)
	}
	p = p.SignIn(w.email, testkit.Password).Submit("decision", "go")
	old := p
	if !p.HasID("qr-allow") {
		t.Fatalf("a new sign-in does not go on: %d on %s", p.Status, p.URL)
	}
	right := w.qrNumber(b, desk)
	if p = allow(old, right); p.Status != http.StatusOK {
		t.Errorf("%d %.300s", p.Status, p.Body)
	}
	w.in(lookAgain(b, desk).Submit())

	// What came of a phone's word does not speak for another device, however young.
	next, theirs := w.waitingDesk()
	if p = b.Get(qrLink(theirs)).Submit("decision", "go"); !p.HasID("login-password") {
		t.Errorf("a chain of words: %d on %s", p.Status, p.URL)
	}
	_ = next

	// A copied session cookie is doubted; it neither goes on nor allows.
	thief := steal(t, w.Server, phone, phoneAgent, "jedan-session")
	thief.HTTP.Transport = from{"203.0.113.7", thief.HTTP.Transport}
	b, desk = w.waitingDesk()
	if p = thief.Get(qrLink(desk)).Submit("decision", "go"); !p.HasID("login-password") {
		t.Errorf("a copied cookie goes on: %d on %s", p.Status, p.URL)
	}
	if qrNumberShown.MatchString(lookAgain(b, desk).Body) {
		t.Error("it was seen by a copied cookie")
	}
	_ = thief.Get(qrLink(desk)).Submit("decision", "deny")
	w.overAt("anybody may refuse", lookAgain(b, desk))

	// prompt=login and max_age want a sign-in of the phone that is newer than the request.
	minute := 60
	aging := w.Client(storage.ClientMetadata{FirstParty: true, DefaultMaxAge: &minute})
	for _, ask := range [][]string{{"prompt", "login"}, {"max_age", "60"}, nil} {
		rp := rp
		if ask == nil {
			rp = aging
		}
		w.in(guess(phone, w.email, testkit.Password))
		w.Clock.Advance(90 * time.Second)
		b = w.gadget(desktopAgent, "192.0.2.7")
		desk = w.desk(b, b.Get(w.AuthURL(rp, ask...)))
		p = phone.Get(qrLink(desk)).Submit("decision", "go")
		if !p.HasID("login-password") {
			t.Fatalf("%v: an older sign-in goes on: %d on %s", ask, p.Status, p.URL)
		}
		w.Clock.Advance(time.Second)
		p = p.SignIn(w.email, testkit.Password).Submit("decision", "go")
		allow(p, w.qrNumber(b, desk))
		if code := lookAgain(b, desk).Submit().Allow().Code(); code == "" {
			t.Errorf("%v: no code after a new sign-in on the phone", ask)
		}
	}

	// Who must do something first does so before they speak for another device.
	b, desk = w.waitingDesk()
	late, lp := w.somebody()
	theirPhone := w.handset(late)
	page := theirPhone.Get(qrLink(desk))
	w.require(lp, "change_password")
	if p := theirPhone.Get(qrLink(desk)); p.URL.Path != "/login/required" {
		t.Errorf("a required action is passed by: %d on %s", p.Status, p.URL)
	}
	if p := page.Submit("decision", "go"); p.URL.Path != "/login/required" || qrNumberShown.MatchString(lookAgain(b, desk).Body) {
		t.Errorf("a required action is passed by with a form: %d on %s", p.Status, p.URL)
	}

	// One about somebody is not answered by somebody else.
	email, _ := w.somebody()
	hint := w.ok(w.Redeem(rp, w.Browser().Authorize(w.AuthURL(rp), email).Get("code"))).Text("id_token")
	b = w.gadget(desktopAgent, "192.0.2.7")
	desk = w.desk(b, b.Get(w.AuthURL(rp, "id_token_hint", hint)))
	ready := w.allowed(b, desk, phone)
	w.row("qr_use.hinted", func() { w.overAt("somebody else", ready.Submit()) })
}

// Whoever has a second factor is asked for it, and one mailbox or one key does not count as two.
func TestQR_SecondFactor(t *testing.T) {
	w, phoneApp, first := secured(t, proxied, byPhone, byMail, sentCodes)
	first.HTTP.Transport = speaking{phoneAgent, from{"203.0.113.7", first.HTTP.Transport}}
	rp := w.Client(storage.ClientMetadata{})
	b := w.gadget(desktopAgent, "192.0.2.7")
	w.Clock.Advance(2 * time.Minute)
	desk := w.desk(b, b.Get(w.AuthURL(rp)))
	p := w.allowed(b, desk, first).Submit()
	if !p.HasID("mfa-code") {
		t.Fatalf("two factors of the phone make two here: %d on %s", p.Status, p.URL)
	}
	w.nobody(b)
	p = p.Factor("totp", phoneApp.Next())
	a := w.ok(w.Redeem(rp, p.Allow().Code()))
	_, claims := w.parts(a.Text("id_token"))
	age := float64(w.Clock.Now().Unix()) - claims["auth_time"].(float64)
	if claims["acr"] != "2" || !slices.Equal(strs(claims["amr"]), []string{"pwd", "mca", "otp", "mfa"}) || age < 120 {
		t.Errorf("acr %v amr %v, %vs ago", claims["acr"], claims["amr"], age)
	}

	// A phone that a mail signed in says no more than the mailbox.
	email, _ := w.somebody()
	w.hold(email, "mail")
	mailed := w.gadget(phoneAgent, "203.0.113.7")
	page, m := w.mailed(mailed, email)
	w.in(page.Submit("code", m.Code()))
	b, desk = w.waitingDesk()
	w.in(w.allowed(b, desk, mailed).Submit())
	if p := b.Get(w.AuthURL(rp, "acr_values", "2")); p.URL.Path != "/login" {
		t.Errorf("one mailbox twice: %d on %s", p.Status, p.URL)
	}
}

// The operator's rules hold on both sides.
func TestQR_Rules(t *testing.T) {
	w := alone(t, free, proxied, byPhone, func(c *app.Config) {
		c.Policy.Rules = []policy.Rule{
			rule("no phones", `request.act == "qr" && client.first_party`, policy.Then{Deny: true}),
			rule("passwords", `request.act == "authorize" && "phone" in request.scopes`, policy.Then{Methods: []string{"pwd"}}),
			rule("strong phones", `request.act == "qr" && client.public`, policy.Then{ACR: "2"}),
			rule("not here", `request.act == "sign_in" && "mca" in session.amr && network.within(["198.51.100.0/24"])`, policy.Then{Deny: true}),
		}
	})
	phone := w.handset(w.email)
	own := w.Client(storage.ClientMetadata{FirstParty: true})
	b := w.gadget(desktopAgent, "192.0.2.7")
	desk := w.desk(b, b.Get(w.AuthURL(own)))
	if p := phone.Get(qrLink(desk)).Submit("decision", "go"); p.Status != http.StatusForbidden || p.HasID("qr-allow") {
		t.Errorf("a rule denies it: %d on %s", p.Status, p.URL)
	}

	rp := w.wide()
	b = w.gadget(desktopAgent, "192.0.2.7")
	desk = w.desk(b, b.Get(w.AuthURL(rp, "scope", "openid phone")))
	if p := w.allowed(b, desk, phone).Submit(); p.Code() != "" || p.HasID("consent-allow") {
		t.Errorf("a rule about the client does not hold: %d on %s", p.Status, p.URL)
	}

	b = w.gadget(desktopAgent, "198.51.100.7")
	desk = w.desk(b, b.Get("/login"))
	w.overAt("a sign-in that a rule denies", w.allowed(b, desk, phone).Submit())
	w.nobody(b)

	public := w.public(storage.ClientMetadata{})
	b = w.gadget(desktopAgent, "192.0.2.7")
	desk = w.desk(b, b.Get(w.AuthURL(public)))
	if p := phone.Get(qrLink(desk)).Submit("decision", "go"); p.HasID("qr-allow") {
		t.Errorf("one factor goes on: %d on %s", p.Status, p.URL)
	}
	w.in(guess(phone, w.email, testkit.Password))
	key := phone.AddApp()
	w.Clock.Advance(time.Minute)
	phone = w.gadget(phoneAgent, "203.0.113.7")
	w.in(phone.Get("/login").SignIn(w.email, testkit.Password).Factor("totp", key.Next()))
	w.scanned(phone, qrLink(desk))
}

// Risk judges the browser that asks, by where it is and whether it is known: what the phone has allowed is refused there like a wrong password.
func TestQR_Risk(t *testing.T) {
	w := alone(t, cheap, free, proxied, byPhone)
	phone := w.handset(w.email)
	for range 8 {
		w.Clock.Advance(24 * time.Hour)
		w.in(guess(phone, w.email, testkit.Password))
	}
	w.App.Config.Risk.StepUp, w.App.Config.Risk.Deny = 0.9, 0.9
	w.Restart()
	w.in(guess(phone, w.email, testkit.Password))
	b, desk := w.waitingDesk()
	w.overAt("refused for the risk", w.allowed(b, desk, phone).Submit())
	w.nobody(b)
}

// Sixteen phones' answers and sixteen clicks at once: one counts.
func TestQR_AtOnce(t *testing.T) {
	w := alone(t, cheap, free, proxied, byPhone)
	phone := w.handset(w.email)
	b, desk := w.waitingDesk()
	page := w.scanned(phone, qrLink(desk))
	right := w.qrNumber(b, desk)
	atOnce(16, func(int) *testkit.Page { return allow(page, right) })
	if n := len(w.factorEvents(audit.QRApprove)); n != 1 {
		t.Errorf("approved %d times", n)
	}
	ready := lookAgain(b, desk)
	if in := atOnce(16, func(int) *testkit.Page { return ready.Submit() }); in != 1 || len(w.factorEvents(audit.QRUse)) != 1 {
		t.Errorf("%d of 16 clicks signed in", in)
	}

	// Of right and wrong numbers at once the first decides, and there is no second.
	b, desk = w.waitingDesk()
	page = w.scanned(phone, qrLink(desk))
	right = w.qrNumber(b, desk)
	atOnce(16, func(i int) *testkit.Page {
		if i%2 == 0 {
			return allow(page, right)
		}
		return allow(page, otherNumber(right))
	})
	if approved, denied := len(w.factorEvents(audit.QRApprove))-1, len(w.factorEvents(audit.QRDeny)); approved+denied != 1 {
		t.Errorf("approved %d times and denied %d times", approved, denied)
	}
}

// What strangers can have written is bounded, by address; and what is off is not there.
func TestQR_Bounded(t *testing.T) {
	w := alone(t, cheap, proxied, byPhone)
	b := w.gadget(desktopAgent, "192.0.2.7")
	login := b.Get("/login")
	made, refused := 0, 0
	for range 40 {
		if p := w.another(b, login); p.Status == http.StatusTooManyRequests && p.Header.Get("Retry-After") != "" && p.HasID("qr-begin") {
			refused++
		} else if p.HasID("qr-link") {
			made++
		}
	}
	if made < 30 || made > 31 || made+refused != 40 {
		t.Errorf("%d made, %d refused", made, refused)
	}
	if p := w.gadget(desktopAgent, "192.0.2.8").Get("/login"); p.Status != http.StatusOK {
		t.Errorf("another address: %d", p.Status)
	}
	off := open(t)
	for _, path := range []string{"/login/qr", "/account/qr?token=x"} {
		if p := off.Browser().Get(path); p.Status != http.StatusNotFound {
			t.Errorf("%s without the feature: %d", path, p.Status)
		}
	}
	if off.Browser().Get("/login").HasID("login-qr") {
		t.Error("the button is there without the feature")
	}
}
