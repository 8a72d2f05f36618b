package modules

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// post is a request that a client's logout endpoint got.
type post struct {
	header http.Header
	form   url.Values
	query  url.Values
}

// ear is a relying party's backchannel_logout_uri.
type ear struct {
	*testkit.RP
	w      *world
	heard  chan post
	status chan int // what it answers, in order; 200 once there is nothing left
}

// listening registers a client that wants to hear of logouts at a site.
func (w *world) listening(s *site, path string, changes ...func(*storage.ClientMetadata)) *ear {
	w.t.Helper()
	e := &ear{w: w, heard: make(chan post, 64), status: make(chan int, 64)}
	m := storage.ClientMetadata{PostLogoutRedirectURIs: []string{bye}}
	m.BackchannelLogoutURI = s.page(path, func(rw http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		status := 200
		select {
		case status = <-e.status:
		default:
		}
		rw.Header().Set("Location", s.URL+"/elsewhere")
		rw.WriteHeader(status)
		e.heard <- post{r.Header, r.PostForm, r.URL.Query()}
	})
	m.BackchannelLogoutSession = true
	for _, change := range changes {
		change(&m)
	}
	e.RP = w.Client(m)
	return e
}

// signIn brings the world's person to the client in a browser, and returns the ID token's claims.
func (e *ear) signIn(b *testkit.Browser, changes ...string) (claims object, hint string) {
	e.w.t.Helper()
	a := e.w.ok(e.w.Redeem(e.RP, b.Authorize(e.w.AuthURL(e.RP, changes...), e.w.email).Get("code")))
	return e.w.idToken(a, e.RP), a.Text("id_token")
}

// hear is the next logout token's claims, judged as section 2.6 says.
func (e *ear) hear() object {
	e.w.t.Helper()
	select {
	case p := <-e.heard:
		return e.token(p)
	case <-time.After(20 * time.Second):
		e.w.t.Fatal("nobody told the client")
		return nil
	}
}

func (e *ear) token(p post) object {
	w := e.w
	w.t.Helper()
	if len(p.form) != 1 || len(p.form["logout_token"]) != 1 || p.header.Get("Content-Type") != testkit.FormType || p.header.Get("Authorization") != "" || p.header.Get("Cookie") != "" {
		w.t.Errorf("posted %v %v", p.form, p.header)
	}
	token := p.form.Get("logout_token")
	header, _ := w.parts(token)
	claims := w.verified(token, jose.SignatureAlgorithm(e.IDAlg()))
	if header["typ"] != "logout+jwt" || header["alg"] != e.IDAlg() {
		w.t.Errorf("header %v", header)
	}
	names := []string{}
	for name := range claims {
		names = append(names, name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"}) {
		w.t.Errorf("claims %v", claims)
	}
	iat, _ := claims["iat"].(float64)
	exp, _ := claims["exp"].(float64)
	events, _ := claims["events"].(map[string]any)
	event, _ := events["http://schemas.openid.net/event/backchannel-logout"].(map[string]any)
	jti, _ := claims["jti"].(string)
	if claims["iss"] != w.URL || claims["aud"] != e.ID || exp-iat <= 0 || exp-iat > 120 || iat > float64(w.Clock.Now().Unix()+1) || len(events) != 1 || event == nil || len(event) != 0 || len(jti) < 16 {
		w.t.Errorf("claims %v", claims)
	}
	return claims
}

// IDAlg is the algorithm of the client's ID tokens.
func (e *ear) IDAlg() string {
	if a := e.Metadata.IDTokenSignedResponseAlg; a != "" {
		return a
	}
	return "RS256"
}

// about wants the next token to be about this ID token's session.
func (e *ear) about(idToken object) {
	e.w.t.Helper()
	if got := e.hear(); got["sid"] != idToken["sid"] || got["sub"] != idToken["sub"] || got["sid"] == nil {
		e.w.t.Errorf("told of %v, want %v", got, idToken)
	}
}

// quiet wants the client to hear nothing more, once what was on its way has ended.
func (e *ear) quiet() {
	e.w.t.Helper()
	e.w.Within(20*time.Second, "an end of all messages", func() bool { return len(e.messages(storage.OutboxWaiting)) == 0 })
	select {
	case p := <-e.heard:
		e.w.t.Errorf("told %v", p.form)
	default:
	}
}

// messages is the client's part of the delivery log.
func (e *ear) messages(state storage.OutboxState) []storage.OutboxMessage {
	e.w.t.Helper()
	ms, err := e.w.App.DB.Outbox(e.w.t.Context(), e.w.App.Tenant, storage.OutboxFilter{Kind: "backchannel_logout", Target: e.Client.ID.String(), State: state})
	e.w.must(err)
	return ms
}

// ends waits until a message has got to a state, and returns it.
func (e *ear) ends(state storage.OutboxState) storage.OutboxMessage {
	e.w.t.Helper()
	e.w.Within(20*time.Second, "a message that is "+string(state), func() bool { return len(e.messages(state)) > 0 })
	return e.messages(state)[0]
}

// told starts a server that reaches a site.
func told(t *testing.T, options ...testkit.Option) (*world, *site) {
	t.Helper()
	s := newSite(t)
	return alone(t, append(options, s.reachable)...), s
}

// longSessions outlive grants.
func longSessions(c *app.Config) { c.Sessions.Idle = c.Sessions.Absolute }
