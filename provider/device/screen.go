package device

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	path       = "/device"
	decidePath = "/device/decide"
)

// Codes that may be looked up by one session or one account, and wrong ones from one address (RFC 8628 section 5.1). The right ones do not count: who
// connects twenty televisions is no guesser.
const (
	tries    = 10
	triesPer = 10 * time.Minute
)

// enterPurpose is what the form token of the first screen is for.
const enterPurpose = "device enter"

// visitor is who looks at a request.
type visitor struct {
	session *storage.Session
	person  *storage.Person
	ip      netip.Addr
}

// found is a request that waits for its person.
type found struct {
	row     *storage.Pending
	waiting *core.Waiting
	client  *core.Client
	shown   []web.ConsentScope
}

// show is the screen: without a code it asks for one, with one it says what waits. Until somebody is signed in nothing is looked up, so that strangers
// learn nothing about codes.
func (e *Endpoint) show(c *gin.Context) error {
	q, err := httpx.Query(c)
	if err != nil {
		return err
	}
	typed := q.Get("user_code")
	if typed == "" {
		return e.ask(c, http.StatusOK, web.DevicePage{})
	}
	code, ok := parseUserCode(typed)
	if !ok {
		return e.ask(c, http.StatusBadRequest, web.DevicePage{UserCode: typed, Error: web.DeviceCodeFormat})
	}
	v, done, err := e.visitor(c, link(code))
	if done || err != nil {
		return err
	}
	f, err := e.guarded(c.Request.Context(), v, code)
	switch {
	case errs.Is(err, errs.Throttled):
		return e.ask(c, http.StatusTooManyRequests, web.DevicePage{UserCode: code.String(), RetryAfter: errs.RetryAfterOf(err)})
	case errs.Is(err, errs.NotFound):
		return e.ask(c, http.StatusNotFound, web.DevicePage{UserCode: code.String(), Error: web.DeviceCodeUnknown})
	case errs.Is(err, errs.Forbidden):
		return e.denied(c, f)
	case err != nil:
		return err
	}
	return e.meet(c, v, f, func() error { return e.confirm(c, v, f) })
}

// meet goes on with what the operator's rules let through.
func (e *Endpoint) meet(c *gin.Context, v *visitor, f *found, next func() error) error {
	done, err := e.held(c, v, f)
	switch {
	case errs.Is(err, errs.Forbidden):
		return e.denied(c, f)
	case done || err != nil:
		return err
	}
	return next()
}

// denied says that the person may not use the client. The request stays: somebody else may.
func (e *Endpoint) denied(c *gin.Context, f *found) error {
	return e.d.Pages.Show(c, http.StatusForbidden, web.DeniedPage{Lang: e.d.Pages.Language(c), ClientName: f.client.Name()})
}

// enter takes what was typed. It looks nothing up.
func (e *Endpoint) enter(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := e.d.Forms.Check(c, enterPurpose, form); err != nil {
		return err
	}
	typed := form.Get("user_code")
	code, ok := parseUserCode(typed)
	switch {
	case typed == "":
		return e.ask(c, http.StatusBadRequest, web.DevicePage{Error: web.DeviceCodeMissing})
	case !ok:
		return e.ask(c, http.StatusBadRequest, web.DevicePage{UserCode: typed, Error: web.DeviceCodeFormat})
	}
	return httpx.SeeOther(c, e.d.Base+link(code))
}

// link is the screen of a code.
func link(code userCode) string {
	return path + "?" + url.Values{"user_code": {code.String()}}.Encode()
}

// ask shows the first screen.
func (e *Endpoint) ask(c *gin.Context, status int, page web.DevicePage) error {
	token, err := e.d.Forms.Token(c, enterPurpose)
	if err != nil {
		return err
	}
	page.Lang, page.CSRF = e.d.Pages.Language(c), token
	return e.d.Pages.Show(c, status, page)
}

// visitor is who is signed in. done says that the browser was sent to sign in and will come back.
func (e *Endpoint) visitor(c *gin.Context, back string) (v *visitor, done bool, err error) {
	s, p, err := e.d.Sessions.SignedIn(c)
	if err != nil {
		return nil, false, err
	}
	if p != nil {
		return &visitor{session: s, person: p, ip: httpx.ClientIP(c)}, false, nil
	}
	browser, err := e.d.Sessions.Browser(c)
	if err != nil {
		return nil, true, err
	}
	fl := e.d.Flows.Begin(e.d.Tenant, browser)
	fl.Return = back
	sealed, err := e.d.Flows.Seal(fl)
	if err != nil {
		return nil, true, err
	}
	return nil, true, httpx.SeeOther(c, e.d.Base+"/login?"+url.Values{"flow": {sealed}}.Encode())
}

// guarded looks a code up within the visitor's allowance (TK25). A look is counted before it is made, and given back when it was right.
func (e *Endpoint) guarded(ctx context.Context, v *visitor, code userCode) (*found, error) {
	address := ratelimit.AddrKey(v.ip)
	if ok, wait := e.miss.Check(address); !ok {
		return nil, errs.New(errs.Throttled, "").After(wait)
	}
	keys := []string{"session " + v.session.ID.String(), "person " + v.person.ID.String()}
	for i, key := range keys {
		if ok, wait := e.try.Allow(key); !ok {
			e.giveBack(keys[:i])
			return nil, errs.New(errs.Throttled, "").After(wait)
		}
	}
	f, err := e.find(ctx, v.person, code)
	if !errs.Is(err, errs.NotFound) {
		e.giveBack(keys)
		return f, err
	}
	e.miss.Count(address)
	e.d.Failures.Add(audit.Refusal{Tenant: e.d.Tenant, Person: v.person.ID, IP: v.ip, Reason: "user_code"})
	return nil, err
}

func (e *Endpoint) giveBack(keys []string) {
	for _, key := range keys {
		e.try.Give(key)
	}
}

// find returns the open request with a user code; errs.NotFound for all that nobody can allow any more.
func (e *Endpoint) find(ctx context.Context, p *storage.Person, code userCode) (*found, error) {
	for _, hash := range e.d.Ring.Indexes("pending", "user_code", []byte(code)) {
		row, err := e.d.Store.PendingByUserCode(ctx, e.d.Tenant, hash)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return e.open(ctx, p, row)
	}
	return nil, errs.New(errs.NotFound, "")
}

// open reads a request that waits.
func (e *Endpoint) open(ctx context.Context, p *storage.Person, row *storage.Pending) (*found, error) {
	if row.Kind != storage.PendingDevice || !row.Live(e.d.Now()) {
		return nil, errs.New(errs.NotFound, "")
	}
	client, err := e.d.Clients.ByRow(ctx, row.Client)
	if err != nil {
		return nil, err
	}
	if client.Disabled || !client.MayUse(GrantType) {
		return nil, errs.New(errs.NotFound, "")
	}
	f := &found{row: row, client: client}
	ok, err := e.d.Live.Permitted(ctx, client, p)
	if err == nil && !ok {
		err = errs.New(errs.Forbidden, "This account may not use the app.")
	}
	if err != nil {
		return f, err
	}
	if f.waiting, err = core.OpenWaiting(e.d.Vault, row); err != nil {
		return nil, err
	}
	f.shown, err = e.d.Words.AskedScopes(p, f.waiting.Scopes)
	return f, err
}

// confirm says who asks for what, from where and when, and asks. It always asks: whatever the person allowed before (TK27).
func (e *Endpoint) confirm(c *gin.Context, v *visitor, f *found) error {
	token, err := e.d.Forms.Token(c, decidePurpose(v, f.row.ID))
	if err != nil {
		return err
	}
	name, identifier := e.d.Words.Display(v.person)
	m := f.client.Metadata
	return e.d.Pages.Show(c, http.StatusOK, web.DeviceAskPage{
		Lang: e.d.Pages.Language(c), CSRF: token, Request: f.row.ID.String(), UserCode: f.waiting.UserCode, ClientName: f.client.Name(), ClientHost: f.client.Home(),
		Verified: m.FirstParty, Scopes: f.shown, From: f.waiting.IP, Elsewhere: f.elsewhere(v.ip), At: f.row.CreatedAt, Person: name,
		PersonIdentifier: identifier, PolicyURI: m.PolicyURI, TosURI: m.TosURI,
	})
}

// elsewhere reports whether the device is in another network than the browser. A confidential client asks from its own servers: that says nothing.
func (f *found) elsewhere(browser netip.Addr) bool {
	asked, err := netip.ParseAddr(f.waiting.IP)
	return f.client.Public() && err == nil && ratelimit.AddrKey(asked) != ratelimit.AddrKey(browser)
}
