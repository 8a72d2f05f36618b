package password

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/login"
)

func TestADeviceKnowsOnlyItsOwnPeople(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	w.person("eve", "new:"+right)
	eve := w.browser(here)
	wantIn(t, eve.signIn("eve", right))
	for range 5 {
		wantWrong(t, eve.signIn("ann", "wrong"))
	}
	wantWrong(t, eve.signIn("ann", right))
	if w.refusedBy() != "account" {
		t.Errorf("row %q", w.refusedBy())
	}
}

func TestSuccessForgivesOnlyItself(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	for range 100 {
		wantIn(t, w.browser(here).signIn("ann", right))
	}
	for i := range 29 {
		wantWrong(t, w.browser(here).signIn("user"+strconv.Itoa(i), "p"+strconv.Itoa(i)))
	}
	wantIn(t, w.browser(here).signIn("ann", right))
	wantWrong(t, w.browser(here).signIn("someone", "p"))
	if rec := w.browser(here).signIn("ann", right); rec.Code != http.StatusTooManyRequests {
		t.Errorf("a success forgave the address: %d", rec.Code)
	}
}

func TestPW03ParallelGuesses(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	type try struct {
		b    *browser
		form url.Values
	}
	var tries []try
	for i := range 64 {
		b := w.browser(addr(i))
		tries = append(tries, try{b, b.form(b.flow(nil), "ann", "guess"+strconv.Itoa(i))})
	}
	var wg sync.WaitGroup
	for _, x := range tries {
		wg.Go(func() { x.b.post("/login", x.form) })
	}
	wg.Wait()
	limited := w.meter.counts["password!account_limit"]
	if judged := w.meter.counts["password!wrong"]; judged != 5 || limited != 59 {
		t.Errorf("%d judged, %d limited", judged, limited)
	}
}

func TestPW08ExtraFieldsChangeNothing(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	for i := range 6 {
		b := w.browser(addr(i))
		form := b.form(b.flow(nil), "ann", "wrong")
		form.Set("email", strconv.Itoa(i)+"@x.test")
		form.Set("device", strconv.Itoa(i))
		wantWrong(t, b.post("/login", form))
	}
	if w.refusedBy() != "account" {
		t.Errorf("row %q", w.refusedBy())
	}
}

func TestDS01FullQueue(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	w.hasher.full = true
	for _, who := range []string{"ann", "nobody"} {
		for range 20 {
			rec := w.browser(here).signIn(who, "wrong")
			if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") != "2" {
				t.Fatalf("%d %v", rec.Code, rec.Header())
			}
			if !strings.Contains(rec.Body.String(), `name="password"`) {
				t.Error("not the sign-in page")
			}
		}
	}
	w.hasher.full = false
	for range 4 {
		wantWrong(t, w.browser(here).signIn("ann", "wrong"))
	}
	wantIn(t, w.browser(here).signIn("ann", right))
	if len(w.failures.all) != 4 {
		t.Errorf("%d failures counted", len(w.failures.all))
	}
}

func TestPW07ForwardedHeadersOfStrangers(t *testing.T) {
	w := newWorld(t, Config{Address: login.Allowance{Free: 5}})
	try := func(i int) *httptest.ResponseRecorder {
		b := w.browser(here)
		form := b.form(b.flow(nil), "user"+strconv.Itoa(i), "p"+strconv.Itoa(i))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, issuer+"/login", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", issuer)
		for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP"} {
			r.Header.Set(name, "198.51.100."+strconv.Itoa(i))
		}
		r.Header.Set("Forwarded", "for=198.51.100."+strconv.Itoa(i))
		return b.do(r)
	}
	for i := range 5 {
		wantWrong(t, try(i))
	}
	if rec := try(5); rec.Code != http.StatusTooManyRequests {
		t.Errorf("%d", rec.Code)
	}
}

func TestSettingsThatAreLeftOutAreTheDefaults(t *testing.T) {
	c, err := config.Load[Config](config.Sources{Environ: []string{"JEDAN_ACCOUNT__FREE=7"}})
	must(t, err)
	c = c.withDefaults()
	if c.Account.Free != 7 || c.Account.Longest != time.Hour || c.Account.InARow != 100 || c.Address.Free != 30 || c.Everyone.Free != 600 {
		t.Errorf("%+v", c)
	}
	if _, err := config.Load[Config](config.Sources{Environ: []string{"JEDAN_SPRAY__LONGEST_WAIT=1s"}}); err == nil {
		t.Error("waits that shrink were accepted")
	}
}

// Whoever posts while the database is away hears so, also before there is a page to show again.
func TestDatabaseAwayBeforeTheFlowOpens(t *testing.T) {
	w := newWorld(t, Config{})
	w.person("ann", "new:"+right)
	b := w.browser(here)
	form := b.form(b.flow(nil), "ann", right)
	w.away = true
	if rec := b.post("/login", form); rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	w.away = false
	wantIn(t, b.post("/login", form))
}
