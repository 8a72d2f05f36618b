package social

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// maxAnswer bounds what a service says at once, in bytes.
const maxAnswer = 256 << 10

// attempt is one sign-in on its way through the tables.
type attempt struct {
	c        *connector
	a        federation.Arrival
	kept     kept
	tokens   tokenAnswer
	said     map[string]any // by the user endpoint
	email    string
	verified bool // the service says that the address is the person's
	groups   []string
	orgs     []string // that somebody is a member of (GitHub)
}

// tokenAnswer is what the token endpoint says (RFC 6749 section 5.1).
type tokenAnswer struct {
	Access    string      `json:"access_token"`
	Type      string      `json:"token_type"`
	Refresh   string      `json:"refresh_token"`
	Scope     string      `json:"scope"`
	ExpiresIn json.Number `json:"expires_in"`
}

// Complete implements federation.Redirector.
func (c *connector) Complete(ctx context.Context, a federation.Arrival) (*federation.Identity, error) {
	t := &attempt{c: c, a: a}
	if err := json.Unmarshal(a.Kept, &t.kept); err != nil {
		return nil, err
	}
	if err := judge(ctx, t, rowsCallback()); err != nil {
		return nil, err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {a.Params.Get("code")}, "redirect_uri": {a.Wish.CallbackURL}}
	if t.kept.Verifier != "" {
		form.Set("code_verifier", t.kept.Verifier)
	}
	no, err := t.exchange(ctx, form)
	if no {
		return nil, refuse("social_answer.grant", "a code that counts", "one that does not", "code")
	}
	if err != nil {
		return nil, err
	}
	return t.known(ctx)
}

// known asks who the token's owner is.
func (t *attempt) known(ctx context.Context) (*federation.Identity, error) {
	if err := judge(ctx, t, rowsAnswer()); err != nil {
		return nil, err
	}
	if err := t.c.c.template.read(ctx, t); err != nil {
		return nil, err
	}
	if err := judge(ctx, t, append(rowsUser(), t.c.c.template.rows()...)); err != nil {
		return nil, err
	}
	return t.identity(), nil
}

// exchange asks the token endpoint. refused says that it said no to the grant; every other failure is the service's trouble, or ours.
func (t *attempt) exchange(ctx context.Context, form url.Values) (refused bool, err error) {
	h := accept()
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	c := t.c.c
	switch c.AuthMethod {
	case methodBasic: // both parts form-encoded (RFC 6749 section 2.3.1)
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(c.ClientSecret))
		h.Set("Authorization", r.Header.Get("Authorization"))
	case methodPost:
		form.Set("client_id", c.ClientID)
		form.Set("client_secret", c.ClientSecret)
	default:
		form.Set("client_id", c.ClientID)
	}
	answer, err := t.c.ask.Do(ctx, fetch.Request{Method: http.MethodPost, URL: c.Token, Header: h, Body: []byte(form.Encode()), MaxBytes: maxAnswer})
	if err != nil {
		return false, away(err)
	}
	if c.template.refused(answer) {
		return true, nil
	}
	t.tokens, err = readTokens(answer)
	return false, err
}

// readTokens reads the token endpoint's answer. An error may come with status 200 (GitHub).
func readTokens(answer *fetch.Response) (tokenAnswer, error) {
	var out tokenAnswer
	if !answer.OK() || errorIn(answer) != "" {
		return out, away(errs.New(errs.Unavailable, "The token endpoint refused this server."))
	}
	if err := json.Unmarshal(answer.Body, &out); err != nil {
		return out, away(err)
	}
	return out, nil
}

// get asks an endpoint with the token. denied says that the token is not, or no longer, good there.
func (t *attempt) get(ctx context.Context, address string) (answer *fetch.Response, denied bool, err error) {
	h := accept()
	h.Set("Authorization", "Bearer "+t.tokens.Access)
	t.c.c.template.headers(h)
	answer, err = t.c.ask.Do(ctx, fetch.Request{URL: address, Header: h, MaxBytes: maxAnswer})
	if err != nil {
		return nil, false, away(err)
	}
	return answer, t.c.c.template.denied(answer), nil
}

// body is what an endpoint says about the token's owner; a *federation.Refusal where it does not take the token.
func (t *attempt) body(ctx context.Context, address string) ([]byte, error) {
	answer, denied, err := t.get(ctx, address)
	switch {
	case err != nil:
		return nil, err
	case denied:
		no := refuse(checkToken, "a token that counts", "one that does not", "token")
		no.Person = true
		return nil, no
	case !answer.OK():
		return nil, away(errs.New(errs.Unavailable, "The user endpoint does not answer as it should."))
	}
	return answer.Body, nil
}

// checkToken is the rule that the service takes the token.
const checkToken = "social_user.token"

// user asks the user endpoint.
func (t *attempt) user(ctx context.Context, address string) error {
	body, err := t.body(ctx, address)
	if err != nil {
		return err
	}
	if t.said, err = keys.DecodeClaims(body); err != nil {
		return away(err)
	}
	return nil
}

// away is every failure of the service that is no word about the person: they can try again.
func away(err error) error {
	return errs.Wrap(errs.Unavailable, "The other sign-in service does not answer as it should. Try again later, or sign in another way.", err)
}

func (t *attempt) expiry() time.Time {
	seconds, err := t.tokens.ExpiresIn.Int64()
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return t.c.now().Add(time.Duration(min(seconds, 366*24*3600)) * time.Second)
}
