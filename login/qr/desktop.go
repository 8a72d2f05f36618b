package qr

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const (
	kind      = "qr" // for counters and events
	beginPath = "/login/qr"
	usePath   = "/login/qr/use"
	phonePath = "/account/qr"
)

// lookEvery is how often the page looks again by itself, in seconds. It does so by a header, which needs no script. Whom that disturbs, such as readers of the page, can
// have it stay as it is.
const lookEvery = 4

// show says where the flow's sign-in by phone stands. Looking changes nothing. Without a flow one begins that leads to our own start page.
func (m *Module) show(c *gin.Context) error {
	st, query, done, err := m.d.Steps.Arrive(c)
	if done || err != nil {
		return err
	}
	a := &try{m: m, c: c, step: st, still: query.Has("still")}
	found, err := a.ofFlow()
	switch {
	case err != nil:
		return err
	case !found:
		return a.page(http.StatusOK, web.QRPage{Step: web.QRStart})
	}
	return a.stands()
}

// ofFlow finds the flow's newest one.
func (a *try) ofFlow() (found bool, err error) {
	a.row, err = a.m.d.Store.QRByFlow(a.c.Request.Context(), a.m.d.Steps.Tenant(), a.step.Flow.ID)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, a.unseal()
}

// stands shows the flow's sign-in as it stands.
func (a *try) stands() error {
	if !a.m.d.Now().Before(a.row.ExpiresAt) {
		return a.over(http.StatusNotFound)
	}
	p := web.QRPage{Until: a.row.ExpiresAt, Still: a.still}
	switch a.row.State {
	case storage.QROpen:
		p.Step, p.Link = web.QRWaits, a.m.d.Steps.Link(phonePath, "token", a.secret.token(a.row.ID))
	case storage.QRSeen:
		p.Step, p.Number, p.Phone = web.QRSeen, a.secret.Number, a.m.shown(a.word.device, a.m.d.Steps.Lang(a.c, a.step))
	case storage.QRApproved:
		return a.approved(p)
	case storage.QRDenied, storage.QRSpent:
		return a.over(http.StatusNotFound)
	}
	if !a.still {
		a.c.Header("Refresh", strconv.Itoa(lookEvery))
	}
	return a.page(http.StatusOK, p)
}

// approved shows who allowed it, on which device, and the button that goes on. That browser and account are not those of whoever sits here is for them to see: nobody is
// signed in to a stranger's account by a code that the stranger scanned.
func (a *try) approved(p web.QRPage) error {
	person, err := a.m.d.People.PersonByID(a.c.Request.Context(), a.row.Tenant, a.row.Person)
	if errs.Is(err, errs.NotFound) {
		return a.over(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	p.Step, p.Phone = web.QRApproved, a.m.shown(a.word.device, a.m.d.Steps.Lang(a.c, a.step))
	_, p.Person = a.m.d.Steps.Display(person)
	return a.page(http.StatusOK, p)
}

// over is the one page for all that does not go on.
func (a *try) over(status int) error { return a.page(status, web.QRPage{Step: web.QROver}) }

func (a *try) page(status int, p web.QRPage) error {
	purpose := login.FormPurpose
	if p.Step == web.QRApproved {
		purpose = a.usePurpose()
	}
	token, err := a.m.d.Steps.Token(a.c, purpose)
	if err != nil {
		return err
	}
	st := a.step
	p.Lang, p.Flow, p.CSRF, p.ClientName, p.ClientLogoURI = a.m.d.Steps.Lang(a.c, st), st.Sealed, token, st.Client.Name, st.Client.LogoURI
	p.FormAction = web.FormActionSource(st.Flow.Params.Get("redirect_uri"))
	a.m.d.Steps.Render(a.c, status, p)
	return nil
}

// usePurpose binds the form to what was shown.
func (a *try) usePurpose() string { return "login qr use " + a.row.ID.String() }

// begin makes a code for this browser and flow, which ends the one before it.
func (m *Module) begin(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, login.FormPurpose, form); err != nil {
		return err
	}
	st, err := m.d.Steps.Open(c, form.Get("flow"))
	if err != nil {
		return m.d.Steps.Refuse(c, err)
	}
	a := &try{m: m, c: c, step: st}
	ok, wait := m.address.Take(ratelimit.AddrKey(httpx.ClientIP(c)))
	if ok {
		err = a.insert()
	}
	switch {
	case errs.Is(err, errs.Throttled):
		ok, wait = false, errs.RetryAfterOf(err)
	case err != nil:
		return err
	}
	if !ok {
		return a.page(http.StatusTooManyRequests, web.QRPage{Step: web.QRStart, RetryAfter: max(wait, time.Second)})
	}
	m.d.Meter.AuthRequest(kind, "begun")
	return httpx.SeeOther(c, m.d.Steps.Link(beginPath, "flow", st.Sealed))
}

// insert stores it, within what strangers may write.
func (a *try) insert() (err error) {
	now, st := a.m.d.Now(), a.step
	a.row = &storage.QRSignIn{
		Tenant: a.m.d.Steps.Tenant(), ID: storage.NewID(now), Flow: st.Flow.ID, State: storage.QROpen, ExpiresAt: now.Add(lifetime), CreatedAt: now,
	}
	a.asker = asker{device: here(a.c), Client: st.Flow.Client}
	if a.asker.After, err = a.m.wantedAfter(a.c.Request.Context(), st.Flow); err != nil {
		return err
	}
	if a.asker.IP.IsValid() {
		a.row.Address = a.m.d.Ring.Index(a.row.TableName(), "address", []byte(ratelimit.AddrKey(a.asker.IP)))
	}
	if a.row.Secret, err = a.m.seal(a.row, "secret", newSecret()); err != nil {
		return err
	}
	if a.row.Request, err = a.m.seal(a.row, "request", a.asker); err != nil {
		return err
	}
	return a.m.d.Store.InsertQR(a.c.Request.Context(), a.row, storage.QRCap{PerAddress: maxPerAddress, All: maxWaiting})
}

// use completes what was approved, in the browser and flow that it was made for.
func (m *Module) use(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	st, err := m.d.Steps.Open(c, form.Get("flow"))
	if err != nil {
		return m.d.Steps.Refuse(c, err)
	}
	a := &try{m: m, c: c, step: st}
	found, err := a.ofFlow()
	switch {
	case err != nil:
		return err
	case !found:
		return a.over(http.StatusNotFound)
	}
	if err := m.d.Steps.CheckToken(c, a.usePurpose(), form); err != nil {
		return err
	}
	reason, err := m.judge(a, rows().use)
	if err != nil {
		return err
	}
	if reason != "" {
		a.refused(reason)
		return a.over(http.StatusForbidden)
	}
	return a.finish()
}

// finish goes on as after every first factor: risk, rules and second factors have their say.
func (a *try) finish() error {
	err := a.m.d.Steps.Finish(a.c, a.step, a.person, login.Proof{ACR: assurance.One, AMR: a.word.AMR, Kind: kind, Since: a.word.AuthTime})
	if login.Denied(err) {
		a.refused("risk")
		return a.over(http.StatusForbidden)
	}
	if err == nil {
		a.m.address.Give(ratelimit.AddrKey(httpx.ClientIP(a.c)))
		a.m.d.Meter.AuthRequest(kind, "success")
	}
	return err
}
