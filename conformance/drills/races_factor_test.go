package drills

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/login/backup"
	"github.com/jedan-auth/jedan-auth/storage"
)

const (
	racerKey   = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // base32 of racerPlain
	racerPlain = "12345678901234567890"
	judgedMost = 5               // wrong codes that the servers judge before they wait
	halfAgain  = 5 * time.Minute // half sign-ins last ten
)

// factorRace is one person, half signed in in sixteen browsers that are spread over the nodes.
type factorRace struct {
	*arena
	email  string
	who    *storage.Person
	backup *backup.Module
	codes  []string
	halves []halfSignIn
	made   time.Time
}

// halfSignIn is a browser with the form that asks for the second factor.
type halfSignIn struct {
	b      *caller
	action string
	form   url.Values
}

func TestRacesForSecondFactorsOnSQLite(t *testing.T)   { factorRaces(t, onSQLite, 21) }
func TestRacesForSecondFactorsOnPostgres(t *testing.T) { factorRaces(t, onPostgres, 22) }

// factorRaces: one code that sixteen browsers send at the same moment signs in one of them, and of sixteen wrong ones as many are judged as the limit says.
func factorRaces(t *testing.T, kind string, who uint64) {
	set := readSettings(t)
	f := newFactorRace(newArena(newCluster(t, kind).boot(size(kind)), set, set.choices(who)))
	for _, race := range []struct {
		name string
		code func() string
		wins int
	}{
		{storage.KindTOTP, f.unspent, 1}, {storage.KindBackup, f.nextCode, 1}, {"wrong", func() string { return "000000" }, 0},
	} {
		begun, won, judged := time.Now(), 0, 0
		for n := range set.races {
			set.progress(t, n, race.name)
			in, refused := f.one(race.name, race.code())
			won, judged = won+in, judged+in+refused
			if in != race.wins || race.wins == 0 && refused != judgedMost || t.Failed() {
				t.Fatalf("%s: %d of %d signed in, %d more were judged", race.name, in, runners, refused)
			}
		}
		set.report(t, run{drill: "races for second factors, " + race.name, database: kind, begun: begun, size: fmt.Sprintf("%d races of %d browsers over %d process(es)", set.races, runners, len(f.nodes)),
			figures: fmt.Sprintf("%d signed in, %d codes judged, %d told to wait", won, judged, set.races*runners-judged)})
	}
}

func newFactorRace(a *arena) *factorRace {
	a.t.Helper()
	f := &factorRace{arena: a, email: "second@example.org"}
	var err error
	if f.backup, err = backup.New(backup.Deps{Codes: a.db.DB, Ring: a.db.Ring, Audit: a.db.Audit, Now: a.db.Now}); err != nil {
		a.t.Fatal(err)
	}
	f.who, err = a.db.Directory.Create(context.Background(), a.db.Tenant, directory.NewPerson{Claims: testkit.FullClaims(f.email), PasswordHash: cheapHash(a.t)}, testkit.Operator())
	if err != nil {
		a.t.Fatal(err)
	}
	now := a.db.Now()
	x := &storage.Factor{Tenant: a.db.Tenant, ID: storage.NewID(now), Person: f.who.ID, Kind: storage.KindTOTP, State: storage.FactorConfirmed, CreatedAt: now, ConfirmedAt: &now}
	x.Secret = a.db.Ring.Seal(seal.Location{Table: x.TableName(), Column: "secret", Tenant: x.Tenant, Row: x.ID}, []byte(racerPlain))
	if err := a.db.DB.InsertFactor(context.Background(), x, 1, nil); err != nil {
		a.t.Fatal(err)
	}
	f.nextCode() // so that backup codes are offered
	return f
}

// half signs in with the password in every browser.
func (f *factorRace) half() {
	f.t.Helper()
	f.halves, f.made = nil, time.Now()
	for i := range runners {
		b := on(f.nodes[i%len(f.nodes)].road(), newJar())
		page, err := b.walk("/login")
		if err != nil {
			f.t.Fatal(err)
		}
		action, form, err := page.form("identifier", f.email, "password", testkit.Password)
		if err != nil {
			f.t.Fatal(err)
		}
		a, err := b.post(action, form)
		if err == nil {
			a, err = b.walk(a.header.Get("Location"))
		}
		if err != nil || !a.has("mfa-code") {
			f.t.Fatalf("not asked for a second factor: %v %v", a, err)
		}
		h := halfSignIn{b: b}
		if h.action, h.form, err = a.form(); err != nil {
			f.t.Fatal(err)
		}
		f.halves = append(f.halves, h)
	}
}

// unspent is the app's code of now, as if nobody had used it: waiting for the next would take half a minute.
func (f *factorRace) unspent() string {
	f.t.Helper()
	if _, err := f.db.DB.SQL().ExecContext(context.Background(), "UPDATE factors SET last_step = 0"); err != nil {
		f.t.Fatal(err)
	}
	return testkit.TOTP(racerKey, time.Now())
}

// nextCode is a backup code that nobody has used.
func (f *factorRace) nextCode() string {
	f.t.Helper()
	if len(f.codes) < 2 { // the last one stays, so that codes are offered
		var err error
		if f.codes, err = f.backup.Make(context.Background(), f.who); err != nil {
			f.t.Fatal(err)
		}
	}
	code := f.codes[0]
	f.codes = f.codes[1:]
	return code
}

// one race: how many were signed in, and how many codes were judged and refused. The others were told to wait.
func (f *factorRace) one(kind, code string) (in, refused int) {
	f.t.Helper()
	if time.Since(f.made) > halfAgain {
		f.half()
	}
	if kind == "wrong" {
		kind = storage.KindTOTP
	}
	var send []func() (answer, error)
	for _, h := range f.halves {
		form := copied(h.form)
		form.Set("factor", kind)
		form.Set("code", code)
		send = append(send, func() (answer, error) { return h.b.post(h.action, form) })
	}
	answers := f.together(send)
	for i, a := range answers {
		switch {
		case a.status == http.StatusSeeOther && !strings.Contains(a.header.Get("Location"), "/login"):
			in++
		case a.status == http.StatusForbidden && a.has("mfa-code"):
			refused++
		case a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "":
			f.t.Errorf("browser %d: %v", i, a)
		}
	}
	if err := f.db.DB.ForgetFailures(context.Background(), f.db.Tenant, f.who.ID, kind); err != nil {
		f.t.Fatal(err)
	}
	return in, refused
}
