package testkit

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// TOTP is what an authenticator app shows for a key at a time: written apart from the server's own.
func TOTP(key string, at time.Time) string {
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(key, " ", ""))
	if err != nil {
		return "no key: " + err.Error()
	}
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at.Unix()/30)) //nolint:gosec // after 1970
	mac := hmac.New(sha1.New, secret)
	_, _ = mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[19] & 0xf
	return fmt.Sprintf("%06d", (uint64(sum[offset]&0x7f)<<24|uint64(sum[offset+1])<<16|uint64(sum[offset+2])<<8|uint64(sum[offset+3]))%1e6)
}

// App is an authenticator app that was added to an account.
type App struct {
	s   *Server
	Key string
}

// Code is what the app shows now, or offset steps from now.
func (a *App) Code(offset int) string {
	return TOTP(a.Key, a.s.Clock.Now().Add(time.Duration(offset)*30*time.Second))
}

// Next waits for the app's next code: the server's clock moves to the middle of the next step.
func (a *App) Next() string {
	a.s.NextStep()
	return a.Code(0)
}

// NextStep moves the server's clock to the middle of the next time step, so that no test meets its edge.
func (s *Server) NextStep() {
	into := time.Duration(s.Clock.Now().UnixNano() % int64(30*time.Second))
	s.Clock.Advance(45*time.Second - into)
}

var keyShown = regexp.MustCompile(`id="enrol-key">([A-Z2-7 ]+)<`)

// Key is the secret that the page shows to be typed; "" when it shows none.
func (p *Page) Key() string {
	m := keyShown.FindStringSubmatch(p.Body)
	if m == nil {
		return ""
	}
	return m[1]
}

// AddApp adds an authenticator app in a browser where the person has just signed in.
func (b *Browser) AddApp() *App {
	b.s.T.Helper()
	p := b.Get("/account/security").Submit("action", "add")
	if p.Key() == "" {
		b.s.T.Fatalf("no key on %s (status %d): %.600s", p.URL.Path, p.Status, p.Body)
	}
	app := &App{s: b.s, Key: p.Key()}
	if p = p.Submit("code", app.Next(), "name", "Pixel"); p.URL.Path != "/account/security" || p.Status != 200 {
		b.s.T.Fatalf("the app was not added: status %d on %s: %.600s", p.Status, p.URL.Path, p.Body)
	}
	return app
}

// BackupCodes makes a new set in a browser where the person has just signed in with two factors.
func (b *Browser) BackupCodes() []string {
	b.s.T.Helper()
	p := b.Get("/account/security").Submit("action", "codes")
	var codes []string
	for _, m := range regexp.MustCompile(`<li><code>([0-9a-z-]+)</code>`).FindAllStringSubmatch(p.Body, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) == 0 {
		b.s.T.Fatalf("no codes on %s (status %d): %.600s", p.URL.Path, p.Status, p.Body)
	}
	return codes
}

// Factor answers the page that asks for a second factor, with a code of the kind.
func (p *Page) Factor(kind, code string) *Page {
	p.b.s.T.Helper()
	if !p.HasID("mfa-code") {
		p.b.s.T.Fatalf("no second factor asked for on %s (status %d): %.600s", p.URL.Path, p.Status, p.Body)
	}
	return p.Submit("factor", kind, "code", code)
}

// Half is the browser's sign-in with the first factor alone, and the page that asks for the second.
func (b *Browser) Half(email string) *Page {
	b.s.T.Helper()
	p := b.Get("/login").SignIn(email, Password)
	if !p.HasID("mfa-code") {
		b.s.T.Fatalf("no second factor asked for on %s (status %d): %.600s", p.URL.Path, p.Status, p.Body)
	}
	return p
}

// Query is a parameter of the page's address.
func (p *Page) Query(name string) string { return p.URL.Query().Get(name) }
