package passkey

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const offerPath = "/login/passkey/offer"

// Cookies reads and writes cookies on the wire (internal/httpx.Cookies).
type Cookies interface {
	Read(r *http.Request, name httpx.Cookie) (value string, ok bool)
	Write(ctx context.Context, w http.ResponseWriter, name httpx.Cookie, value string, life time.Duration)
}

// Offer decides who is offered a passkey after a sign-in with a password: who has none, in a browser whose script says that the device can keep one,
// and that was not asked within OfferEvery. The browser remembers that it was asked, in a cookie that says nothing else.
type Offer struct {
	Party   Party
	Every   time.Duration
	Store   storage.PasskeyReader
	Cookies Cookies
	Ring    Ring
	Log     *slog.Logger
	Now     func() time.Time
}

var _ login.Invitation = (*Offer)(nil)

// Page implements login.Invitation. A sign-in does not fail for want of an offer.
func (o *Offer) Page(c *gin.Context, cur *session.Current, p login.Proof) string {
	if o.Party.ID == "" || o.Every <= 0 || p.Kind != "password" || o.asked(c.Request) {
		return ""
	}
	if form, err := httpx.Form(c); err != nil || form.Get("passkeys") != "1" {
		return ""
	}
	owned, err := o.Store.PasskeysOf(c.Request.Context(), cur.Person.Tenant, cur.Person.ID)
	if err != nil {
		o.Log.WarnContext(c.Request.Context(), "no passkey was offered", slog.Any("error", err))
	}
	if err != nil || len(owned) > 0 {
		return ""
	}
	return offerPath
}

// The cookie's value is base64url of: key version (2, big endian), end in seconds (8), HMAC (32).
const offerLabel = "cookie passkey offer"

func (o *Offer) asked(r *http.Request) bool {
	value, ok := o.Cookies.Read(r, httpx.OfferCookie)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if !ok || err != nil || len(raw) != 2+8+32 {
		return false
	}
	until := int64(binary.BigEndian.Uint64(raw[2:10])) //nolint:gosec // written from an int64
	return o.Now().Unix() < until && o.Ring.VerifyMAC(keys.Sessions, int(binary.BigEndian.Uint16(raw)), raw[10:], []byte(offerLabel), raw[2:10])
}

func (o *Offer) remember(c *gin.Context) {
	until := binary.BigEndian.AppendUint64(nil, uint64(o.Now().Add(o.Every).Unix())) //nolint:gosec // read back as int64
	version, mac := o.Ring.MAC(keys.Sessions, []byte(offerLabel), until)
	raw := binary.BigEndian.AppendUint16(nil, uint16(version)) //nolint:gosec // key versions are below 65536
	value := base64.RawURLEncoding.EncodeToString(append(append(raw, until...), mac...))
	o.Cookies.Write(c.Request.Context(), c.Writer, httpx.OfferCookie, value, o.Every)
}

// showOffer asks once.
func (m *Module) showOffer(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	st, a, done, err := m.offered(c, query)
	if done || err != nil {
		return err
	}
	m.d.Offer.remember(c)
	return m.offer(st, a, query.Get("step"), http.StatusOK, "")
}

// offered is the open flow and who is signed in. done says that there is nothing to offer (any more) and the browser goes on.
func (m *Module) offered(c *gin.Context, sent url.Values) (st *login.Step, a *attempt, done bool, err error) {
	if st, err = m.d.Steps.Open(c, sent.Get("flow")); err != nil {
		return nil, nil, true, m.d.Steps.Refuse(c, err)
	}
	if st.Current == nil {
		return nil, nil, true, m.d.Steps.GoOn(c, st, sent.Get("step"))
	}
	a, err = m.adding(c)
	return st, a, false, err
}

func (m *Module) offer(st *login.Step, a *attempt, token string, status int, problem string) error {
	csrf, err := m.d.Steps.Token(a.c, offerPurpose(a.cur))
	if err != nil {
		return err
	}
	m.d.Steps.Render(a.c, status, web.PasskeyOfferPage{
		Lang: m.d.Steps.Lang(a.c, st), CSRF: csrf, Flow: st.Sealed, Step: token, ClientName: st.Client.Name, ClientLogoURI: st.Client.LogoURI, Problem: problem,
		FormAction: web.FormActionSource(st.Flow.Params.Get("redirect_uri")),
	})
	return nil
}

// answerOffer goes on where the sign-in led, with a new passkey or without.
func (m *Module) answerOffer(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	st, a, done, err := m.offered(c, form)
	if done || err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, offerPurpose(a.cur), form); err != nil {
		return err
	}
	if a.form = form; form.Get("decision") != "later" {
		if r := m.enrol(a); r != nil && r.err != nil {
			return r.err
		} else if r != nil {
			return m.offer(st, a, form.Get("step"), http.StatusForbidden, r.problem)
		}
	}
	return m.d.Steps.GoOn(c, st, form.Get("step"))
}

func offerPurpose(cur *session.Current) string { return "passkey offer " + cur.Session.ID.String() }
