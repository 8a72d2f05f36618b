package drills

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

const mailPurpose = "magic_link" // as login/magiclink has it

// mailRace is a browser in which one person signs in by mail, open at every node. The links and codes are made here, as the servers make them: of real mails
// one person gets few.
type mailRace struct {
	*arena
	email  string
	who    *storage.Person
	codes  *onetime.Codes
	roads  []*http.Transport // one for each node: a new one for each race would use up the connections that a server takes
	jar    http.CookieJar
	flow   storage.ID
	sealed string
	typed  url.Values // the form that takes a code
	button url.Values // the form behind a link, without its token
	made   time.Time
}

func TestRacesForMailsOnSQLite(t *testing.T)   { mailRaces(t, onSQLite, 31) }
func TestRacesForMailsOnPostgres(t *testing.T) { mailRaces(t, onPostgres, 32) }

// mailRaces: of sixteen clicks on one link, and of sixteen times one code, one signs in; of sixteen wrong codes as many are judged as the limit says.
func mailRaces(t *testing.T, kind string, who uint64) {
	set := readSettings(t)
	f := newMailRace(newArena(newCluster(t, kind).boot(size(kind)), set, set.choices(who)))
	for _, race := range []struct {
		name string
		one  func() int
		wins int
	}{
		{"link", f.link, 1}, {"code", func() int { return f.code(true) }, 1}, {"wrong", func() int { return f.code(false) }, 0},
	} {
		begun, won := time.Now(), 0
		for n := range set.races {
			set.progress(t, n, race.name)
			in := race.one()
			if won += in; in != race.wins || t.Failed() {
				t.Fatalf("%s: %d of %d signed in", race.name, in, runners)
			}
		}
		set.report(t, run{drill: "races for sign-in by mail, " + race.name, database: kind, begun: begun,
			size: fmt.Sprintf("%d races of %d requests over %d process(es)", set.races, runners, len(f.nodes)), figures: fmt.Sprintf("%d signed in, %d refused", won, set.races*runners-won)})
	}
}

func newMailRace(a *arena) *mailRace {
	a.t.Helper()
	f := &mailRace{arena: a, email: "mailed@example.org"}
	var err error
	if f.codes, err = onetime.New(onetime.Deps{Tenant: a.db.Tenant, Store: a.db.DB, Ring: a.db.Ring, Now: a.db.Now}); err != nil {
		a.t.Fatal(err)
	}
	p, err := a.db.Directory.Create(context.Background(), a.db.Tenant, directory.NewPerson{Claims: testkit.FullClaims(f.email), PasswordHash: cheapHash(a.t)}, testkit.Operator())
	if err != nil {
		a.t.Fatal(err)
	}
	if f.who, err = a.db.DB.PersonByID(context.Background(), a.db.Tenant, p.ID); err != nil { // with times as the database keeps them
		a.t.Fatal(err)
	}
	for _, x := range a.nodes {
		f.roads = append(f.roads, x.road())
	}
	return f
}

// begin asks for one real mail, in a browser that is kept as it is then.
func (f *mailRace) begin() {
	f.t.Helper()
	if time.Since(f.made) < halfAgain {
		return
	}
	f.jar, f.made = newJar(), time.Now()
	b := on(f.roads[0], f.jar)
	page, err := b.walk("/login")
	if err != nil {
		f.t.Fatal(err)
	}
	_, form, err := page.form()
	if err != nil {
		f.t.Fatal(err)
	}
	f.sealed = form.Get("flow")
	action, form := f.next(b, "/login/link?"+url.Values{"flow": {f.sealed}}.Encode(), "identifier", f.email)
	a, err := b.post(action, form)
	if err != nil || !a.has("login-code") {
		f.t.Fatalf("no page for the code: %v %v", a, err)
	}
	if _, f.typed, err = a.form(); err != nil {
		f.t.Fatal(err)
	}
	var flow []byte
	if err := f.db.DB.SQL().QueryRowContext(context.Background(), "SELECT flow FROM codes WHERE purpose = 'magic_link' ORDER BY created_at DESC LIMIT 1").Scan(&flow); err != nil {
		f.t.Fatal(err)
	}
	copy(f.flow[:], flow)
	_, f.button = f.next(b, "/login/link/open?"+url.Values{"token": {f.issue().Token}}.Encode())
}

// next opens a page and fills in its form.
func (f *mailRace) next(b *caller, to string, fields ...string) (action string, form url.Values) {
	f.t.Helper()
	page, err := b.walk(to)
	if err == nil {
		action, form, err = page.form(fields...)
	}
	if err != nil {
		f.t.Fatalf("%s: %v %v", to, err, page)
	}
	return action, form
}

func (f *mailRace) issue() onetime.Issued {
	f.t.Helper()
	made, err := f.codes.Issue(context.Background(), onetime.Order{
		Purpose: mailPurpose, Person: f.who.ID, Flow: f.flow, Channel: "mail", Bound: onetime.Bound(f.who), Data: []byte(f.sealed), Life: time.Minute, Link: true, Typed: true,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return made
}

// link is one race for a link.
func (f *mailRace) link() int {
	f.begin()
	form := copied(f.button)
	form.Set("token", f.issue().Token)
	return f.at("/login/link/open", form)
}

// code is one race for a code, or with codes that are wrong: then no more are judged than the limit says.
func (f *mailRace) code(right bool) int {
	f.t.Helper()
	f.begin()
	made := f.issue()
	form := copied(f.typed)
	form.Set("code", made.Code)
	if !right {
		n, err := strconv.Atoi(made.Code)
		if err != nil {
			f.t.Fatal(err)
		}
		form.Set("code", fmt.Sprintf("%06d", (n+1)%1_000_000))
	}
	in := f.at("/login/link/code", form)
	if !right {
		var tries int
		q := "SELECT attempts FROM codes WHERE id = $1"
		if err := f.db.DB.SQL().QueryRowContext(context.Background(), q, made.ID[:]).Scan(&tries); err != nil || tries != judgedMost {
			f.t.Fatalf("%d tries were counted: %v", tries, err)
		}
	}
	return in
}

func copied(form url.Values) url.Values {
	out := url.Values{}
	for name, values := range form {
		out[name] = values
	}
	return out
}

// at posts the form sixteen times at once, from copies of the browser, and counts those that were signed in.
func (f *mailRace) at(action string, form url.Values) (in int) {
	f.t.Helper()
	var send []func() (answer, error)
	for i := range runners {
		b := on(f.roads[i%len(f.roads)], cloneJar(f.jar))
		send = append(send, func() (answer, error) { return b.post(action, form) })
	}
	answers := f.together(send)
	for i, a := range answers {
		switch {
		case a.status == http.StatusSeeOther && !strings.Contains(a.header.Get("Location"), "/login"):
			in++
		case a.status != http.StatusForbidden && a.status != http.StatusNotFound:
			f.t.Errorf("%s, %d: %v", action, i, a)
		}
	}
	return in
}
