package modules

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/migrations"
	"github.com/jedan-auth/jedan-auth/storage"
)

// fields are canaries of one person, by where they stand.
type fields map[string]string

// claimed is somebody with a canary in every claim.
func (f fields) claimed() directory.Claims {
	claims := directory.Claims{
		"email": "canary.mail@example.org", "email_verified": true, "username": "canary.user", "birthdate": "1913-12-11", "zoneinfo": "Canary/Zone", "locale": "de-x-canary",
		"pay_grade": "canary grade", "phone_number": "+385917771313", "phone_number_verified": true, "gender": "canary gender",
	}
	for _, name := range []string{"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "name#ja-Kana-JP"} {
		claims[name] = "Canary " + strings.NewReplacer("_", " ", "#", " ").Replace(name)
	}
	for _, name := range []string{"profile", "picture", "website"} {
		claims[name] = "https://canary.example/" + name
	}
	address := map[string]any{}
	for _, name := range []string{"formatted", "street_address", "locality", "region", "postal_code", "country"} {
		address[name] = "Canary " + name
		f["claim address."+name] = "Canary " + name
	}
	claims["address"] = address
	for name, value := range claims {
		if text, ok := value.(string); ok {
			f["claim "+name] = text
		}
	}
	return claims
}

// opened lists the columns that stand open, whose texts a test may choose, by table; the JSON ones hold lists.
func opened() map[string][2][]string {
	return map[string][2][]string{
		"people":          {{"subject", "password_hash"}, nil},
		"sessions":        {{"acr", "reason"}, {"amr"}},
		"grants":          {{"subject", "claims", "acr", "challenge", "redirect_uri", "nonce", "cnf", "dpop_jkt", "details", "reason"}, {"scopes", "resources", "amr"}},
		"consents":        {{"binding"}, {"scopes", "declined", "resources"}},
		"session_clients": {{"subject"}, nil},
	}
}

// plantOpen writes a canary into every open column of the person's rows.
func (w *world) plantOpen(f fields, person storage.ID) {
	w.t.Helper()
	for table, columns := range opened() {
		set, args := []string{}, []any{}
		for i, names := range columns {
			for _, name := range names {
				value := "canary-" + table + "-" + name
				f[table+"."+name] = value
				if i == 1 {
					value = `["` + value + `"]`
				}
				args = append(args, value)
				set = append(set, name+" = "+w.mark(len(args)))
			}
		}
		where := map[string]string{"people": "id = ", "session_clients": "session IN (SELECT id FROM sessions WHERE person = "}[table]
		if where == "" {
			where = "person = "
		}
		args = append(args, person)
		text := "UPDATE " + table + " SET " + strings.Join(set, ", ") + " WHERE " + where + w.mark(len(args))
		if table == "session_clients" {
			text += ")"
		}
		res, err := w.App.DB.SQL().ExecContext(context.Background(), text, args...)
		w.must(err)
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			w.t.Fatalf("%s: the person has no row: %v", table, err)
		}
	}
}

// mark is the place of a value in a statement.
func (w *world) mark(n int) string {
	if w.App.DB.Dialect() == migrations.Postgres {
		return fmt.Sprintf("$%d", n)
	}
	return "?"
}

// plantSealed puts requests that wait for the person, with canaries in what is sealed.
func (w *world) plantSealed(f fields, rp *testkit.RP, person storage.ID) {
	w.t.Helper()
	id := storage.NewID(w.App.Now())
	sealed := func(column string) seal.Text {
		f["pending."+column] = "canary pending " + column
		return w.App.Ring.Seal(seal.Location{Table: "pending", Column: column, Tenant: w.App.Tenant, Row: id}, []byte(`{"text":"canary pending `+column+`"}`))
	}
	w.must(w.App.DB.InsertPending(context.Background(), &storage.Pending{
		Tenant: w.App.Tenant, ID: id, Kind: storage.PendingCIBA, Client: rp.Client.ID, Handle: id[:], Request: sealed("request"), State: storage.PendingOpen, Person: person,
		Decision: sealed("decision"), ExpiresAt: w.App.Now().Add(1e12), CreatedAt: w.App.Now(),
	}, storage.PendingCap{}))
}

// plantQR puts a sign-in by phone that the person has allowed, with canaries in what is sealed.
func (w *world) plantQR(f fields, person storage.ID) {
	w.t.Helper()
	ctx, now := context.Background(), w.App.Now()
	id := storage.NewID(now)
	sealed := func(column, text string) seal.Text {
		return w.App.Ring.Seal(seal.Location{Table: "qr_sign_ins", Column: column, Tenant: w.App.Tenant, Row: id}, []byte(`{"text":"`+text+`"}`))
	}
	f["qr_sign_ins.request"], f["qr_sign_ins.decision"], f["qr_sign_ins.secret"] = "canary qr request", "canary qr decision", "canary qr secret"
	w.must(w.App.DB.InsertQR(ctx, &storage.QRSignIn{
		Tenant: w.App.Tenant, ID: id, Flow: storage.NewID(now), State: storage.QROpen, Secret: sealed("secret", f["qr_sign_ins.secret"]),
		Request: sealed("request", f["qr_sign_ins.request"]), ExpiresAt: now.Add(1e12), CreatedAt: now,
	}, storage.QRCap{}))
	if done, err := w.App.DB.SeeQR(ctx, storage.QRMove{Tenant: w.App.Tenant, ID: id, Person: person, Decision: sealed("decision", f["qr_sign_ins.decision"]), Now: now}, nil); err != nil || !done {
		w.t.Fatalf("not planted: %v", err)
	}
}

// everyRow is every row of the database as text.
func (w *world) everyRow() string {
	w.t.Helper()
	ctx, db := context.Background(), w.App.DB.SQL()
	list := "SELECT name FROM sqlite_schema WHERE type = 'table'"
	if w.App.DB.Dialect() == migrations.Postgres {
		list = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	}
	var out strings.Builder
	for _, table := range w.column(list) {
		rows, err := db.QueryContext(ctx, `SELECT * FROM "`+table+`"`)
		w.must(err)
		names, err := rows.Columns()
		w.must(err)
		for rows.Next() {
			values, places := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				places[i] = &values[i]
			}
			w.must(rows.Scan(places...))
			out.WriteString(table + ":")
			var id storage.ID
			for i, name := range names {
				if raw, ok := values[i].([]byte); ok && name == "id" && len(raw) == len(id) {
					copy(id[:], raw)
				}
			}
			for i, name := range names {
				out.WriteString(" " + w.legible(table, name, id, values[i]))
			}
			out.WriteString("\n")
		}
		w.must(rows.Err())
		w.must(rows.Close())
	}
	return out.String()
}

func (w *world) column(query string) (out []string) {
	w.t.Helper()
	rows, err := w.App.DB.SQL().QueryContext(context.Background(), query)
	w.must(err)
	defer rows.Close() //nolint:errcheck // Err says what went wrong
	for rows.Next() {
		var s string
		w.must(rows.Scan(&s))
		out = append(out, s)
	}
	w.must(rows.Err())
	return out
}

// legible is a value as text; what is sealed is opened, for whoever has the keys can do so too.
func (w *world) legible(table, column string, id storage.ID, value any) string {
	raw, ok := value.([]byte)
	if !ok {
		return fmt.Sprint(value)
	}
	var sealed seal.Text
	if table != "audit_events" && sealed.Scan(raw) == nil { // the log may keep what it has sealed
		if plain, err := w.App.Ring.Open(seal.Location{Table: table, Column: column, Tenant: w.App.Tenant, Row: id}, sealed); err == nil {
			return string(plain)
		}
	}
	return string(raw)
}

// files is the raw content of an SQLite database, journal and all; "" on PostgreSQL.
func (w *world) files() string {
	w.t.Helper()
	if w.App.DB.Dialect() == migrations.Postgres {
		return ""
	}
	var out strings.Builder
	for _, name := range []string{"jedan-auth.db", "jedan-auth.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(w.App.Config.Data, name))
		if err != nil && !os.IsNotExist(err) {
			w.t.Fatal(err)
		}
		out.Write(raw)
	}
	return out.String()
}

func agented(c *app.Config) { c.Proxies = []string{"127.0.0.0/8"} }

// Must show 7: a canary in every field of a person is found in their download, and after they deleted their account nowhere but in the sealed log.
func TestPersonal_CanariesAreExportedAndErased(t *testing.T) {
	w := alone(t, agented, func(c *app.Config) { c.Attributes = attributes.Config{{Name: "pay_grade", Label: "Pay grade"}} })
	f := fields{"address": "203.0.113.77", "user agent": "CanaryBrowser/77"}
	hash := w.person.PasswordHash
	p, err := w.App.Directory.Create(t.Context(), w.App.Tenant, directory.NewPerson{Claims: f.claimed(), PasswordHash: hash}, testkit.Operator())
	w.must(err)
	rp := w.Client(storage.ClientMetadata{ClientName: "Acme Canary"})
	b := w.sending(func(r *http.Request) {
		r.Header.Set("X-Forwarded-For", f["address"])
		r.Header.Set("User-Agent", f["user agent"])
	})
	for range 3 { // three grants, one of them swept while its session lives: the client stays known
		q := b.Authorize(w.AuthURL(rp, "scope", "openid email offline_access", "prompt", "consent", "nonce", "n"), f["claim email"])
		w.ok(w.Redeem(rp, q.Get("code")))
	}
	grants, err := w.App.DB.LiveGrantsOf(t.Context(), w.App.Tenant, p.ID, w.App.Now(), 9)
	w.must(err)
	if _, err := w.App.DB.RevokeGrant(t.Context(), storage.RevokeGrant{Tenant: w.App.Tenant, Grant: grants[2].ID, Now: w.App.Now(), Reason: "test"}, nil); err != nil {
		t.Fatal(err)
	}
	_, err = w.App.DB.DeleteDeadGrants(t.Context(), w.App.Now().Add(1e10), 9)
	w.must(err)
	w.plantSealed(f, rp, p.ID)
	w.plantQR(f, p.ID)
	w.plantOpen(f, p.ID)
	w.join(w.group(), p)
	w.Change(rp, func(m *storage.ClientMetadata) { m.Allowed = []string{"person:" + f["people.subject"]} })
	w.stands(f)

	document := b.Get("/account/export").Submit()
	if document.Status != http.StatusOK || document.Header.Get("Cache-Control") != "no-store" || !json.Valid([]byte(document.Body)) {
		t.Fatalf("the download: %d %.300s", document.Status, document.Body)
	}
	if !strings.Contains(document.Body, `"allowed_by_clients":["`+rp.ID+`"]`) || strings.Contains(document.Body, `"group_people":[]`) {
		t.Error("the download names neither groups nor clients")
	}
	secret := []string{"people.password_hash", "grants.challenge", "qr_sign_ins.secret"}
	for _, at := range slices.Sorted(maps.Keys(f)) {
		if found := strings.Contains(document.Body, f[at]); found == slices.Contains(secret, at) {
			t.Errorf("%s: in the download: %t", at, found)
		}
	}
	if gone := b.Get("/account/delete").Submit("confirm", f["claim email"]); !strings.Contains(gone.Body, "Your account is deleted") {
		t.Fatalf("not deleted: %d %.600s", gone.Status, gone.Body)
	}
	w.nowhere(f)
	if left, err := w.App.DB.ClientByClientID(t.Context(), w.App.Tenant, rp.ID); err != nil || left.Metadata.Allowed == nil {
		t.Errorf("a client that only the deleted person could use is open to all: %v", err)
	}
	if p := guess(w.Browser(), f["claim email"], testkit.Password); p.Status != http.StatusForbidden {
		t.Errorf("signing in is answered %d", p.Status)
	}
}

// stands wants every canary in the database, and those in open columns in its files: else their absence later would say nothing.
func (w *world) stands(f fields) {
	w.t.Helper()
	rows, files := w.everyRow(), w.files()
	for at, canary := range f {
		if !strings.Contains(rows, canary) {
			w.t.Errorf("%s was not planted", at)
		}
		if strings.Contains(at, ".") && !strings.HasPrefix(at, "pending") && !strings.HasPrefix(at, "qr_sign_ins") && !strings.HasPrefix(at, "claim") && files != "" && !strings.Contains(files, canary) {
			w.t.Errorf("%s is not in the files", at)
		}
	}
}

// nowhere wants no canary in any row, not even sealed but in the log, and none in the files.
func (w *world) nowhere(f fields) {
	w.t.Helper()
	for line := range strings.Lines(w.everyRow()) {
		for at, canary := range f {
			if strings.Contains(line, canary) {
				w.t.Errorf("%s is left in %.200s", at, line)
			}
		}
	}
	files := w.files()
	for at, canary := range f {
		if strings.Contains(files, canary) {
			w.t.Errorf("%s is left in the files", at)
		}
	}
}

// The last administrator stays; of two who go at once one does.
func TestPersonal_LastAdministratorStays(t *testing.T) {
	w := alone(t)
	admin := true
	var browsers []*testkit.Browser
	var emails []string
	for range 2 {
		email, p := w.somebody()
		_, err := w.App.Directory.Update(t.Context(), w.App.Tenant, p.ID, directory.UpdatePerson{Admin: &admin}, testkit.Operator())
		w.must(err)
		b := w.Browser()
		b.Get("/account").SignIn(email, testkit.Password)
		browsers, emails = append(browsers, b), append(emails, email)
	}
	answers := make(chan int, 2)
	for i, b := range browsers {
		page := b.Get("/account/delete")
		go func() { answers <- page.SubmitRaw("confirm", emails[i]).Status }()
	}
	got := []int{<-answers, <-answers}
	slices.Sort(got)
	if !slices.Equal(got, []int{http.StatusOK, http.StatusForbidden}) {
		t.Errorf("answers %v", got)
	}
	if exists, err := w.App.DB.AdminExists(t.Context(), w.App.Tenant); err != nil || !exists {
		t.Errorf("nobody is left to look after the others: %v", err)
	}
}

// A wish that waits is carried out on its day, unless the person calls it off.
func TestPersonal_ErasureWaits(t *testing.T) {
	w := alone(t, func(c *app.Config) { c.Account.EraseAfter = 72 * 3600 * 1e9 })
	ctx := context.Background()
	keeper, kept := w.somebody()
	for email, keeps := range map[string]bool{w.email: false, keeper: true} {
		b := w.Browser()
		b.Get("/account").SignIn(email, testkit.Password)
		if p := b.Get("/account/delete").Submit("confirm", email); p.Status != http.StatusOK || !p.HasID("erase-keep") {
			t.Fatalf("the wish: %d", p.Status)
		}
		if keeps {
			if p := b.Get("/account/delete").Submit(); p.Status != http.StatusOK || !p.HasID("erase-submit") {
				t.Fatalf("calling it off: %d", p.Status)
			}
		}
	}
	there := func(id storage.ID) bool {
		_, err := w.App.DB.PersonByID(ctx, w.App.Tenant, id)
		return err == nil
	}
	w.Clock.Advance(71 * 3600 * 1e9)
	w.must(w.App.EraseDue(ctx))
	if !there(w.person.ID) {
		t.Fatal("erased before the day")
	}
	w.Clock.Advance(2 * 3600 * 1e9)
	w.must(w.App.EraseDue(ctx))
	if there(w.person.ID) || !there(kept.ID) {
		t.Errorf("after the day: there %t, and who stays %t", there(w.person.ID), there(kept.ID))
	}
}
