package drills

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// call posts a form as a client.
func (c client) call(road *http.Transport, path string, form url.Values) (answer, error) {
	form.Set("client_id", c.clientID)
	form.Set("client_secret", c.secret)
	return on(road, nil).post(path, form)
}

// begun writes down what waits from now on.
func (w *waitingRoom) begun(i int, kind, handle string, a answer) (*errand, error) {
	if handle == "" {
		return nil, unexpected("no "+kind, a)
	}
	e := &errand{kind: kind, handle: handle, worker: i}
	w.got(func() { w.errands = append(w.errands, e) })
	return e, nil
}

func (w *waitingRoom) push(i int, road *http.Transport) (*errand, error) {
	a, err := w.web.call(road, "/oauth2/par", url.Values{"redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"}})
	if err != nil {
		return nil, err
	}
	return w.begun(i, "request_uri", a.text("request_uri"), a)
}

func (w *waitingRoom) connect(i int, road *http.Transport) (*errand, error) {
	a, err := w.tv.call(road, "/oauth2/device_authorization", url.Values{"scope": {"openid email"}})
	if err != nil {
		return nil, err
	}
	e, err := w.begun(i, "device_code", a.text("device_code"), a)
	if err == nil {
		e.form = url.Values{"user_code": {a.text("user_code")}}
	}
	return e, err
}

func (w *waitingRoom) ask(i int, road *http.Transport) (*errand, error) {
	a, err := w.bank.call(road, "/oauth2/bc-authorize", url.Values{"scope": {"openid email"}, "login_hint": {w.people[i]}})
	if err != nil {
		return nil, err
	}
	return w.begun(i, "auth_req_id", a.text("auth_req_id"), a)
}

// make is an assertion or proof that was not used yet. No server knows of it.
func (w *waitingRoom) make(n int) func(int, *http.Transport) (*errand, error) {
	return func(i int, _ *http.Transport) (*errand, error) {
		e := &errand{kind: "jti", worker: i, handle: w.once[n].name}
		e.form, e.header = w.once[n].make()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.errands = append(w.errands, e)
		return e, nil
	}
}

// decide is the person's yes on the screen of a device.
func (w *waitingRoom) decide(e *errand, road *http.Transport) error {
	b := on(road, w.jars[e.worker])
	page, err := b.walk("/device?" + e.form.Encode())
	if err != nil {
		return err
	}
	action, form, err := page.form("decision", "allow")
	if err != nil {
		return err
	}
	e.allow = max(e.allow, asked)
	a, err := b.post(action, form)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK || a.has("consent-allow") {
		return unexpected("a device is not connected", a)
	}
	w.got(func() { e.allow = answered })
	return nil
}

// outcome is how a try to use something ended.
type outcome string

const (
	served  outcome = "served"
	pending outcome = "pending"
	refused outcome = "refused"
)

// use tries to use an errand up.
func (w *waitingRoom) use(e *errand, road *http.Transport) (outcome, error) {
	e.spend = max(e.spend, asked)
	a, err := w.send(e, road)
	if err != nil {
		return "", err
	}
	got := judge(e, a)
	if got == "" {
		return "", unexpected(e.kind, a)
	}
	w.got(func() {
		if got == served {
			e.spend = answered
		}
	})
	return got, nil
}

func (w *waitingRoom) send(e *errand, road *http.Transport) (answer, error) {
	switch e.kind {
	case "request_uri":
		return on(road, w.jars[e.worker]).walk("/oauth2/authorize?" + url.Values{"client_id": {w.web.clientID}, "request_uri": {e.handle}}.Encode())
	case "device_code":
		return w.tv.call(road, "/oauth2/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {e.handle}})
	case "auth_req_id":
		return w.bank.call(road, "/oauth2/token", url.Values{"grant_type": {"urn:openid:params:grant-type:ciba"}, "auth_req_id": {e.handle}})
	}
	return on(road, nil).post("/oauth2/token", e.form, e.header...)
}

func judge(e *errand, a answer) outcome {
	code := a.text("error")
	switch {
	case a.text("access_token") != "" || a.params().Get("code") != "":
		return served
	case code == "authorization_pending" || code == "slow_down":
		return pending
	case slices.Contains([]string{"invalid_grant", "invalid_client", "invalid_dpop_proof"}, code), e.kind == "request_uri" && (a.params().Get("error") == "invalid_request_uri" || a.has("error-code")):
		return refused
	}
	return ""
}

// leave is a sign-in in a new browser and its end. The client must hear of it.
func (w *waitingRoom) leave(i int, road *http.Transport) error {
	b := on(road, newJar())
	a, err := w.signIn(b, w.people[i])
	if err != nil {
		return err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {a.params().Get("code")}, "redirect_uri": {redirect}, "code_verifier": {verifier()}}
	if a, err = w.web.call(road, "/oauth2/token", form); err != nil {
		return err
	}
	sid, _ := payloadOf(a.text("id_token"))["sid"].(string)
	page, err := b.walk("/oauth2/logout")
	if err != nil {
		return err
	}
	action, form, err := page.form()
	if err != nil || sid == "" {
		return errors.Join(err, unexpected("logout", page))
	}
	w.logouts.note(sid, asked)
	if a, err = b.post(action, form); err != nil {
		return err
	}
	if a.status >= http.StatusBadRequest {
		return unexpected("logout", a)
	}
	w.got(func() { w.logouts.note(sid, answered) })
	return nil
}

// inspect looks at what this round left: whatever was answered is there, once; then nothing is left. Older ones stay spent.
func (w *waitingRoom) inspect(found map[string]int, rnd *rand.Rand) {
	w.t.Helper()
	road := w.nodes[rnd.IntN(len(w.nodes))].road()
	defer road.CloseIdleConnections()
	for _, e := range w.errands {
		before := *e
		got, err := w.use(e, road)
		if err != nil {
			w.t.Error(err)
			return
		}
		if !slices.Contains(right(&before), got) {
			w.t.Errorf("a %s (allowed %d, spent %d) is %s after the kill, want one of %v", e.kind, before.allow, before.spend, got, right(&before))
		}
		found[strings.ReplaceAll(e.kind, "_", " ")+" "+string(got)]++
		if again, err := w.use(e, road); got != pending && (err != nil || again != refused) {
			w.t.Errorf("a %s that was %s is %s the next time: %v", e.kind, got, again, err)
		}
	}
	w.errands = nil
}

// right is what an errand may be after a kill.
func right(e *errand) []outcome {
	can := []outcome{served}
	switch {
	case e.kind == "auth_req_id", e.kind == "device_code" && e.allow == never:
		can = []outcome{pending}
	case e.kind == "device_code" && e.allow == asked:
		can = []outcome{served, pending}
	}
	switch e.spend {
	case answered:
		return []outcome{refused}
	case asked:
		return append(can, refused)
	}
	return can
}

func (o outcome) String() string { return fmt.Sprintf("%q", string(o)) }
