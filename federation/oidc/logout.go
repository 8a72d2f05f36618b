package oidc

import (
	"context"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

var _ federation.LogoutReceiver = (*connector)(nil)

// ReadLogout implements federation.LogoutReceiver for a logout token (OpenID Connect Back-Channel Logout section 2.6).
func (c *connector) ReadLogout(ctx context.Context, message string) (*federation.LogoutNotice, error) {
	t := &attempt{c: c, tokens: tokenAnswer{ID: message}}
	var err error
	if t.m, err = c.discover(ctx); err != nil {
		return nil, err
	}
	if err := judge(ctx, t, rowsLogout()); err != nil {
		return nil, err
	}
	n := &federation.LogoutNotice{Until: c.now().Add(maxLife + 2*c.skew())}
	n.ID, _ = t.claims["jti"].(string)
	n.Session, _ = t.claims["sid"].(string)
	n.Subject, _ = t.claims["sub"].(string)
	return n, nil
}

func rowsLogout() []row {
	return []row{
		{Name: "oidc_logout.encryption", Reason: "encryption", Check: checkMaybeEncrypted},
		{Name: "oidc_logout.signature", Reason: "signature", Check: checkSignature},
		{Name: "oidc_logout.iss", Reason: "issuer", Check: checkTokenIssuer},
		{Name: "oidc_logout.aud", Reason: "audience", Check: checkAudience},
		{Name: "oidc_logout.time", Reason: "time", Check: checkLogoutTime},
		{Name: "oidc_logout.events", Reason: "events", Check: checkEvents},
		{Name: "oidc_logout.nonce", Reason: "nonce", Check: checkNoNonce},
		{Name: "oidc_logout.jti", Reason: "jti", Check: checkID},
		{Name: "oidc_logout.who", Reason: "subject", Check: checkWho},
	}
}

// checkLogoutTime wants a message of now; exp is not in those of older providers.
func checkLogoutTime(_ context.Context, t *attempt) (expected, received string, err error) {
	now, skew := t.c.now(), t.c.skew()
	iat, ok := keys.NumericDate(t.claims["iat"])
	exp, limited := keys.NumericDate(t.claims["exp"])
	if !ok || iat.After(now.Add(skew)) || now.Sub(iat) > maxLife+skew || limited && !now.Before(exp.Add(skew)) {
		received = "another time, or none"
	}
	return "a message of the last " + (maxLife / time.Minute * time.Minute).String(), received, nil
}

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

func checkEvents(_ context.Context, t *attempt) (expected, received string, err error) {
	events, _ := t.claims["events"].(map[string]any)
	if _, ok := events[logoutEvent].(map[string]any); !ok {
		received = "another, or none"
	}
	return "the event of a logout", received, nil
}

// checkNoNonce keeps an ID token from being taken for a logout token.
func checkNoNonce(_ context.Context, t *attempt) (expected, received string, err error) {
	if _, said := t.claims["nonce"]; said {
		received = "one"
	}
	return "no nonce", received, nil
}

func checkID(_ context.Context, t *attempt) (expected, received string, err error) {
	if id, _ := t.claims["jti"].(string); id == "" || len(id) > 255 {
		received = "none, or a longer one"
	}
	return "an id of at most 255 characters", received, nil
}

func checkWho(_ context.Context, t *attempt) (expected, received string, err error) {
	sub, _ := t.claims["sub"].(string)
	sid, _ := t.claims["sid"].(string)
	if sub == "" && sid == "" {
		received = "neither"
	}
	return "somebody, or a session", received, nil
}
