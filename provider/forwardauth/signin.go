package forwardauth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// trip is what a browser keeps while it signs in: nothing is kept here for it.
type trip struct {
	State    string `json:"state"`
	Verifier string `json:"verifier"` // RFC 7636
	To       string `json:"to"`       // path and query at the host
	Until    int64  `json:"until"`    // seconds since 1970
}

func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24: it crashes the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// stateMark is as much of a state as names its cookie.
const stateMark = 8

// send has the browser sign in. nginx hands on nothing but 401 and its headers, so that its answer says with 401 where to go.
func (e *Endpoint) send(r *request) error {
	t := trip{State: random(), Verifier: random(), To: r.asked.RequestURI(), Until: e.Now().Add(stateLife).Unix()}
	plain, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if len(plain) > 2048 { // a cookie must hold it
		t.To = "/"
		if plain, err = json.Marshal(t); err != nil {
			return err
		}
	}
	r.put("state", stateCookie+t.State[:stateMark], plain, stateLife)
	sum := sha256.Sum256([]byte(t.Verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {r.client.ClientID}, "redirect_uri": {core.ForwardCallback(r.host)}, "scope": {r.client.Metadata.Scope}, "state": {t.State},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	return e.lead(r, e.Issuer+"/oauth2/authorize?"+q.Encode())
}

func (e *Endpoint) lead(r *request, to string) error {
	status := http.StatusFound
	if _, ours := r.ours(); !ours && sourceOf(r.client) == core.OriginalURL {
		status = http.StatusUnauthorized
	}
	r.out.Header().Set("Location", to)
	r.out.WriteHeader(status)
	return nil
}

// own answers the paths of the protected host that are ours.
func (e *Endpoint) own(r *request, name string) error {
	switch {
	case name == "callback" && r.method == http.MethodGet:
		return e.callback(r)
	case name == "sign_out" && r.method == http.MethodGet:
		r.drop(sessionCookie)
		return e.lead(r, e.Issuer+"/oauth2/logout")
	}
	return errs.New(errs.NotFound, "")
}

// callback takes the code that the browser brings, if it is the browser that was sent for it.
func (e *Endpoint) callback(r *request) error {
	q, err := url.ParseQuery(r.asked.RawQuery)
	if err != nil {
		return errs.New(errs.Invalid, "The query is not valid.")
	}
	t, ok := r.trip(q.Get("state"))
	if !ok {
		return errs.New(errs.Invalid, "This sign-in was begun elsewhere, is over or was used already. Open the application again.")
	}
	r.drop(stateCookie + t.State[:stateMark])
	if q.Get("iss") != e.Issuer {
		return errs.New(errs.Forbidden, "The answer is not this server's.")
	}
	if q.Has("error") {
		return errs.New(errs.Forbidden, "You were not let in to this application.")
	}
	ctx := r.http.Context()
	answer, err := e.Code.Serve(ctx, &core.TokenRequest{Client: r.client, Form: url.Values{
		"grant_type": {"authorization_code"}, "code": {q.Get("code")}, "redirect_uri": {core.ForwardCallback(r.host)}, "code_verifier": {t.Verifier},
	}})
	if err != nil {
		return forbidden(err)
	}
	r.put("session", sessionCookie, []byte(answer.AccessToken), time.Duration(answer.ExpiresIn)*time.Second)
	return e.lead(r, r.asked.Scheme+"://"+r.host+t.To)
}

// trip is the one with this state that this browser began at this host.
func (r *request) trip(state string) (trip, bool) {
	var t trip
	if len(state) < stateMark || len(state) > 64 {
		return t, false
	}
	plain, ok := r.take("state", stateCookie+state[:stateMark])
	if !ok || json.Unmarshal(plain, &t) != nil {
		return t, false
	}
	return t, subtle.ConstantTimeCompare([]byte(t.State), []byte(state)) == 1 && r.e.Now().Unix() < t.Until
}

// forbidden is a protocol's refusal as proxies know it; what is our own trouble stays what it is.
func forbidden(err error) error {
	if errs.CodeOf(err) == errs.Unavailable || core.AsRefusal(err).Err.CodeField >= http.StatusInternalServerError {
		return err
	}
	return errs.Wrap(errs.Forbidden, core.AsRefusal(err).Err.DescriptionField, err)
}
