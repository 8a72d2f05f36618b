package drills

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// shortLived are kinds of messages that help nobody later: they are not asked for when the providers hang on for longer than this.
const shortLived = 5 * time.Minute

// hungWindow is what was measured while the providers were in one mood.
type hungWindow struct {
	phase string
	took  []time.Duration
	cpu   time.Duration
}

func (w *hungWindow) p95() time.Duration { return percentile(w.took, 0.95) }

// each is the server's processor time for one request.
func (w *hungWindow) each() time.Duration { return w.cpu / time.Duration(max(1, len(w.took))) }

// visitor is somebody at a new address, in a new browser or without cookies.
type visitor struct {
	*hung
	b  *caller
	ip string
}

func (h *hung) newVisitor(jar http.CookieJar) *visitor {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.addresses++
	n := h.addresses
	return &visitor{hung: h, b: on(h.road, jar), ip: fmt.Sprintf("81.%d.%d.%d", n>>16, n>>8&255, n&255)}
}

// ask is one request, with its time.
func (v *visitor) ask(method, to string, form url.Values, header ...string) (answer, error) {
	begun := time.Now()
	a, err := v.b.send(method, to, form, append(header, "X-Forwarded-For: "+v.ip)...)
	took := time.Since(begun)
	v.mu.Lock()
	v.now.took = append(v.now.took, took)
	v.mu.Unlock()
	if err == nil && a.status >= http.StatusBadRequest {
		err = unexpected(method+" "+to, a)
	}
	return a, err
}

func (v *visitor) walk(to string) (answer, error) {
	for range 10 {
		a, err := v.ask(http.MethodGet, to, nil)
		if to = a.header.Get("Location"); err != nil || to == "" {
			return a, err
		}
	}
	return answer{}, errors.New("too many redirects")
}

// submit sends a page's first form.
func (v *visitor) submit(page answer, values ...string) (answer, error) {
	action, form, err := page.form(values...)
	if err != nil {
		return page, err
	}
	return v.ask(http.MethodPost, action, form)
}

func (v *visitor) password(p hungPerson) (answer, error) {
	page, err := v.walk("/login")
	if err != nil {
		return page, err
	}
	return v.submit(page, "identifier", p.email, "password", p.password)
}

// mix is what the load does in turn; about every third of it sends a message.
func (h *hung) mix() []func() error {
	return []func() error{
		h.signIn, h.refresh, h.credentials, h.userinfo, h.recovery, h.refresh, h.credentials, h.userinfo, h.link, h.refresh, h.text, h.userinfo,
	}
}

// message is something that has the server send one message to a recipient.
func (h *hung) message(to string, act func() error) error {
	h.mu.Lock()
	h.asked[to]++
	h.mu.Unlock()
	err := act()
	if err == nil {
		h.mu.Lock()
		h.owed[to]++
		h.mu.Unlock()
	}
	return err
}

// signIn is a sign-in in a new browser, which its owner hears of by mail.
func (h *hung) signIn() error {
	p, v := h.newcomer(), h.newVisitor(newJar())
	return h.message(p.email, func() error { return v.signIn(p) })
}

func (v *visitor) signIn(p hungPerson) error {
	a, err := v.password(p)
	if err == nil && sessionOf(v.b.http.Jar).IsZero() {
		err = unexpected("no session", a)
	}
	if err == nil {
		v.mu.Lock()
		v.seen[v.ip] = v.now.phase
		v.mu.Unlock()
	}
	return err
}

func (h *hung) recovery() error {
	p, v := h.someone(), h.newVisitor(newJar())
	return h.message(p.email, func() error {
		page, err := v.walk("/recovery")
		if err == nil {
			page, err = v.submit(page, "identifier", p.email)
		}
		if err == nil && page.has("recovery-identifier") {
			err = unexpected("no mail", page)
		}
		return err
	})
}

// link asks for a mail to sign in by.
func (h *hung) link() error {
	if h.longer() {
		return h.recovery()
	}
	p, v := h.someone(), h.newVisitor(newJar())
	return h.message(p.email, func() error {
		page, err := v.walk("/login")
		if err != nil {
			return err
		}
		_, form, err := page.form()
		if err == nil {
			page, err = v.walk("/login/link?" + url.Values{"flow": {form.Get("flow")}}.Encode())
		}
		if err == nil {
			page, err = v.submit(page, "identifier", p.email)
		}
		if err == nil && !page.has("login-code") {
			err = unexpected("no mail", page)
		}
		return err
	})
}

// text asks for a code as a second factor.
func (h *hung) text() error {
	if h.longer() {
		return h.signIn()
	}
	p, v := h.somePhone(), h.newVisitor(newJar())
	return h.message(p.phone, func() error {
		page, err := v.password(p)
		if err == nil {
			page, err = v.walk(page.header.Get("Location"))
		}
		if err == nil {
			page, err = v.submit(page)
		}
		if err == nil && (page.status != http.StatusSeeOther || !strings.Contains(page.header.Get("Location"), "sent=1")) {
			err = unexpected("no text message", page)
		}
		return err
	})
}

func (h *hung) token(c client, form url.Values) (string, error) {
	form.Set("client_id", c.clientID)
	form.Set("client_secret", c.secret)
	v := &visitor{hung: h, b: on(h.road, nil), ip: "81.255.0.1"}
	a, err := v.ask(http.MethodPost, "/oauth2/token", form)
	if err == nil && a.text("access_token") == "" {
		err = unexpected("no token", a)
	}
	return a.text("access_token"), err
}

func (h *hung) refresh() error {
	token, err := h.token(h.app, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {h.refreshToken}})
	if err == nil {
		h.mu.Lock()
		h.access = token
		h.mu.Unlock()
	}
	return err
}

func (h *hung) credentials() error {
	_, err := h.token(h.machine, url.Values{"grant_type": {"client_credentials"}})
	return err
}

func (h *hung) userinfo() error {
	h.mu.Lock()
	token := h.access
	h.mu.Unlock()
	v := &visitor{hung: h, b: on(h.road, nil), ip: "81.255.0.1"}
	_, err := v.ask(http.MethodGet, "/oauth2/userinfo", nil, "Authorization: Bearer "+token)
	return err
}

// begin has what follows measured on its own.
func (h *hung) begin(phase string) *hungWindow {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = &hungWindow{phase: phase}
	return h.now
}

// load starts things at a steady rate, however long each takes, and waits for the last one. kill ends the server in the middle of it instead.
func (h *hung) load(phase string, length time.Duration, kill bool) *hungWindow {
	h.t.Helper()
	h.begin(phaseBetween)
	if err := h.refresh(); err != nil {
		h.t.Fatal(err)
	}
	x, w, mix := h.nodes[0], h.begin(phase), h.mix()
	before := cpuOf(h.t, x)
	tick, end, all := time.NewTicker(time.Second/time.Duration(h.rate)), time.After(length), sync.WaitGroup{}
	defer tick.Stop()
	for n, over := 0, false; !over; n++ {
		select {
		case <-end:
			over = true
		case <-tick.C:
			all.Go(func() { h.do(mix[n%len(mix)]) })
		}
	}
	if kill {
		h.dying.Store(true)
		x.current().kill()
	}
	all.Wait()
	if !kill {
		w.cpu = cpuOf(h.t, x) - before
	}
	h.road.CloseIdleConnections()
	h.dying.Store(false)
	return w
}

func (h *hung) do(act func() error) {
	err := act()
	switch {
	case err == nil:
	case h.dying.Load() && errors.Is(err, errGone):
		h.mu.Lock()
		h.lost++
		h.mu.Unlock()
	default:
		h.t.Error(err)
	}
}
