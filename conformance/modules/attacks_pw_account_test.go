package modules

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// chosenSecret registers a client with a secret that its operator chose.
func chosenSecret(secret string) func(*register.Options) {
	return func(o *register.Options) { o.Secret = secret }
}

// foreignHash is an argon2id hash as another product would have made it.
func foreignHash(password string, memory, passes uint32, lanes uint8) string {
	salt, b64 := []byte("sixteen bytes ok"), base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, passes, lanes, b64(salt), b64(argon2.IDKey([]byte(password), salt, passes, memory, lanes, 32)))
}

// hostileHashes would cost gigabytes or minutes, or are of a kind that is not ours.
func hostileHashes() []string {
	tail := "$c2l4dGVlbiBieXRlcyBvaw$" + strings.Repeat("A", 43)
	return []string{
		"$argon2id$v=19$m=4194304,t=10,p=1" + tail, "$argon2id$v=19$m=4294967295,t=4294967295,p=255" + tail, "$argon2id$v=19$m=65536,t=1000,p=1" + tail,
		"$argon2id$v=19$m=0,t=0,p=0" + tail, "$argon2id$v=19$m=64,t=1,p=200" + tail, "$argon2id$v=19$m=+64,t=1,p=1" + tail, "$argon2id$v=16$m=64,t=1,p=1" + tail,
		"$argon2i$v=19$m=64,t=1,p=1" + tail, "$argon2id$v=19$t=1,m=64,p=1" + tail, "$argon2id$v=19$m=64,t=1,p=1,x=1" + tail,
		"$argon2id$v=19$m=64,t=1,p=1$$", "$argon2id$v=19$m=64,t=1,p=1$" + strings.Repeat("A", 500) + "$AAAA",
		"$2y$31$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234", "$pbkdf2-sha256$1000000000$c2FsdA$aGFzaA", "pbkdf2_sha256$1000000000$salt$hash",
		"$scrypt$ln=40,r=8,p=1$c2FsdA$aGFzaA", "{SSHA}abcdef", testkit.Password, "$", "$$$$$",
	}
}

// PW12: a stored hash made elsewhere cannot make a sign-in cost gigabytes: it is refused on its way in and again when it is used.
func TestPW12_ForeignHashParameters(t *testing.T) {
	w := alone(t, cheap, free)
	ctx := context.Background()
	victim, p := w.somebody()
	for _, phc := range hostileHashes() {
		fresh := directory.NewPerson{Claims: directory.Claims{"email": "imported@example.org"}, PasswordHash: phc}
		if _, err := w.App.Directory.Create(ctx, w.App.Tenant, fresh, testkit.Operator()); !errs.Is(err, errs.Invalid) {
			t.Errorf("%.40s: imported: %v", phc, err)
		}
		if err := w.App.Directory.SetPassword(ctx, w.App.Tenant, p.ID, phc, storage.ID{}, testkit.Operator()); !errs.Is(err, errs.Invalid) {
			t.Errorf("%.40s: set: %v", phc, err)
		}
		w.set(p, "password_hash", phc)
		page := w.Browser().Get("/login")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if n := w.hashed(func() { w.wrong(page.Submit("identifier", victim, "password", testkit.Password)) }); n != 1 {
			t.Errorf("%.40s: %d hashes", phc, n)
		}
		if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 8<<20 {
			t.Errorf("%.40s: allocated %d bytes", phc, after.TotalAlloc-before.TotalAlloc)
		}
	}
	if said := w.Log.String(); strings.Count(said, "a stored password hash is not used") != len(hostileHashes()) || strings.Contains(said, "c2l4dGVlbiBieXRlcyBvaw") {
		t.Error("the log does not say what is wrong, or repeats a hash")
	}
	imported := foreignHash(testkit.Password, 4096, 3, 2)
	fresh := directory.NewPerson{Claims: directory.Claims{"email": "imported@example.org"}, PasswordHash: imported}
	honest, err := w.App.Directory.Create(ctx, w.App.Tenant, fresh, testkit.Operator())
	w.must(err)
	w.wrong(guess(w.Browser(), "imported@example.org", "not the password"))
	w.in(guess(w.Browser(), "imported@example.org", testkit.Password))
	now, err := w.App.DB.PersonByID(ctx, w.App.Tenant, honest.ID)
	w.must(err)
	if now.PasswordHash == imported || !strings.HasPrefix(now.PasswordHash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("an honest foreign hash was not renewed: %.40s", now.PasswordHash)
	}
}

// PW13: nobody changes a password by a session alone, and a change ends what the old one opened.
func TestPW13_PasswordChange(t *testing.T) {
	w := alone(t, cheap)
	rp := w.Client(storage.ClientMetadata{})
	stolen := w.signedIn(rp, "scope", "openid email offline_access")
	tokens := w.offline(rp)
	w.alive(rp, tokens)
	own := w.Browser()
	w.in(guess(own, w.email, testkit.Password))
	const next = "a quite new password"
	refusals := map[string]func() *testkit.Answer{
		"without the current one": func() *testkit.Answer {
			return own.Get("/account/password").SubmitRaw("current_password", "", "new_password", next)
		},
		"with a wrong one": func() *testkit.Answer {
			return own.Get("/account/password").SubmitRaw("current_password", "not the current one", "new_password", next)
		},
		"with the new one as the current": func() *testkit.Answer {
			return own.Get("/account/password").SubmitRaw("current_password", next, "new_password", next)
		},
		"without a form token": func() *testkit.Answer {
			return own.Get("/account/password").SubmitRaw("current_password", testkit.Password, "new_password", next, "csrf", "")
		},
		"with another browser's form token": func() *testkit.Answer {
			_, theirs := stolen.Get("/account/password").Form()
			return own.Get("/account/password").SubmitRaw("current_password", testkit.Password, "new_password", next, "csrf", theirs.Get("csrf"))
		},
		"from another site": func() *testkit.Answer {
			_, form := own.Get("/account/password").Form("current_password", testkit.Password, "new_password", next)
			return own.Raw(http.MethodPost, "/account/password", form.Encode(), "Content-Type", testkit.FormType, "Origin", "https://evil.test")
		},
		"as JSON": func() *testkit.Answer {
			return own.Raw(http.MethodPost, "/account/password", `{"new_password":"`+next+`"}`, "Content-Type", "application/json", "Origin", w.URL)
		},
		"by an API": func() *testkit.Answer {
			return own.Raw(http.MethodPost, "/api/v1/me/password", `{"new_password":"`+next+`"}`, "Content-Type", "application/json", "Origin", w.URL)
		},
		"with an access token": func() *testkit.Answer {
			_, form := own.Get("/account/password").Form("current_password", testkit.Password, "new_password", next)
			return w.Raw(http.MethodPost, "/account/password", form.Encode(), "Content-Type", testkit.FormType, "Origin", w.URL, "Authorization", "Bearer "+tokens.Text("access_token"))
		},
		"signed out": func() *testkit.Answer {
			_, form := own.Get("/account/password").Form("current_password", testkit.Password, "new_password", next)
			return w.Browser().Raw(http.MethodPost, "/account/password", form.Encode(), "Content-Type", testkit.FormType, "Origin", w.URL)
		},
	}
	for name, try := range refusals {
		a := try()
		toLogin := a.Status == http.StatusSeeOther && strings.HasPrefix(a.Header.Get("Location"), w.URL+"/login?flow=")
		if (a.Status < 400 || a.Status > 499) && !toLogin {
			t.Errorf("%s: %d %s", name, a.Status, a.Header.Get("Location"))
		}
	}
	w.in(guess(w.Browser(), w.email, testkit.Password))
	w.wrong(guess(w.Browser(), w.email, next))
	w.alive(rp, tokens)

	before := own.Jar.Cookies(w.issuer())
	if p := change(own, testkit.Password, next); p.Status != http.StatusOK || !p.HasID("password-home") {
		t.Fatalf("refused: %d %.600s", p.Status, p.Body)
	}
	w.dead(rp, tokens)
	if p := stolen.Get("/account/password"); !p.HasID("login-password") {
		t.Errorf("another session lives on: %d %s", p.Status, p.URL.Path)
	}
	if p := own.Get("/account/password"); !p.HasID("password-new") {
		t.Errorf("the session that changed it ended: %d %s", p.Status, p.URL.Path)
	}
	copied := w.Browser()
	copied.Jar.SetCookies(w.issuer(), before)
	if p := copied.Get("/account/password"); !p.HasID("login-password") {
		t.Errorf("the session was not renewed: its old cookie leads to %s", p.URL.Path)
	}
	w.wrong(guess(w.Browser(), w.email, testkit.Password))
	w.in(guess(w.Browser(), w.email, next))
}

// PW26: names that read as somebody else's are refused, however the person is made.
func TestPW26_ConfusableNames(t *testing.T) {
	w := alone(t, cheap)
	ctx := context.Background()
	create := func(claims directory.Claims) error {
		_, err := w.App.Directory.Create(ctx, w.App.Tenant, directory.NewPerson{Claims: claims}, testkit.Operator())
		return err
	}
	w.must(create(directory.Claims{"username": "admin", "email": "admin@example.org"}))
	for _, name := range []string{
		"\u0430dmin", "adm\u0456n", "ad\u200bmin", "admin\u200d", "\u202eadmin", "admin\u2066", "a\u00addmin", strings.Repeat("a", 10<<10), "admin\x00", "ad min", "admin@example.org", "\uff20dmin",
	} {
		if err := create(directory.Claims{"username": name}); !errs.Is(err, errs.Invalid) {
			t.Errorf("user name %q: %v", name, err)
		}
	}
	for _, name := range []string{"ADMIN", "\uff41\uff44\uff4d\uff49\uff4e", "Admin"} {
		if err := create(directory.Claims{"username": name}); !errs.Is(err, errs.Conflict) {
			t.Errorf("user name %q: %v", name, err)
		}
	}
	for _, address := range []string{"ADMIN@example.org", "\uff41dmin@example.org", "admin@EXAMPLE.org", "admin@e\uff58ample.org"} {
		if err := create(directory.Claims{"email": address}); !errs.Is(err, errs.Conflict) {
			t.Errorf("address %q: %v", address, err)
		}
	}
	page := w.Browser().Get(w.setupLink())
	for _, address := range []string{
		"\u0430dmin@example.org", "ad\u200bmin@example.org", "\u202eadmin@example.org", "admin\u2066@example.org", strings.Repeat("a", 10<<10) + "@example.org", "admin@ex\u0430mple.org", "admin@example.org\u200b", "admin@exam\u00adple.org", "admin @example.org",
	} {
		if p := page.Submit("email", address, "name", "Robin Root", "password", jumble(20)); p.Status != http.StatusBadRequest || !p.HasID("setup-submit") {
			t.Errorf("set-up with %q: %d", address, p.Status)
		}
	}
	if p := page.Submit("email", "Admin@example.org", "name", "Robin Root", "password", jumble(20)); p.Status != http.StatusConflict {
		t.Errorf("set-up with somebody's address: %d", p.Status)
	}
	if p := page.Submit("email", "root@example.org", "name", "Robin Root", "password", jumble(20)); p.Status != http.StatusOK {
		t.Errorf("set-up: %d", p.Status)
	}
}
