package oidc

import (
	"context"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

var _ federation.NoticeReceiver = (*connector)(nil)

// maxNotice is how old a notice may be: Apple sends it again while nobody takes it.
const maxNotice = 24 * time.Hour

// ReadNotice implements federation.NoticeReceiver for Apple's "Processing changes for Sign in with Apple accounts". Notices of addresses end nothing.
func (c *connector) ReadNotice(ctx context.Context, body []byte) (*federation.LogoutNotice, error) {
	if c.c.Template != nameApple {
		return nil, errs.New(errs.NotFound, "This upstream sends no notices.")
	}
	message, err := keys.DecodeClaims(body)
	if err != nil {
		return nil, refuse("oidc_notice.payload", "one JSON object with a payload", "another text", "payload")
	}
	payload, _ := message["payload"].(string)
	t := &attempt{c: c, tokens: tokenAnswer{ID: payload}}
	if t.m, err = c.discover(ctx); err != nil {
		return nil, err
	}
	if err := judge(ctx, t, rowsNotice()); err != nil {
		return nil, err
	}
	if kind, _ := t.event["type"].(string); !slices.Contains([]string{"consent-revoked", "account-delete", "account-deleted"}, kind) {
		return nil, nil //nolint:nilnil // the contract's word for "it ends nothing"
	}
	n := &federation.LogoutNotice{ID: t.text("jti"), Until: c.now().Add(maxNotice + 2*c.skew())}
	n.Subject, _ = t.event["sub"].(string)
	return n, nil
}

func rowsNotice() []row {
	return []row{
		{Name: "oidc_notice.signature", Reason: "signature", Check: checkSignature},
		{Name: "oidc_notice.iss", Reason: "issuer", Check: checkTokenIssuer},
		{Name: "oidc_notice.aud", Reason: "audience", Check: checkAudience},
		{Name: "oidc_notice.time", Reason: "time", Check: checkNoticeTime},
		{Name: "oidc_notice.nonce", Reason: "nonce", Check: checkNoNonce},
		{Name: "oidc_notice.jti", Reason: "jti", Check: checkID},
		{Name: "oidc_notice.events", Reason: "events", Check: checkAppleEvent},
	}
}

func checkNoticeTime(_ context.Context, t *attempt) (expected, received string, err error) {
	now, skew := t.c.now(), t.c.skew()
	iat, ok := keys.NumericDate(t.claims["iat"])
	exp, limited := keys.NumericDate(t.claims["exp"])
	if !ok || iat.After(now.Add(skew)) || now.Sub(iat) > maxNotice+skew || limited && !now.Before(exp.Add(skew)) {
		received = "another time, or none"
	}
	return "a message of the last day", received, nil
}

// checkAppleEvent reads the event, which is JSON in a text.
func checkAppleEvent(_ context.Context, t *attempt) (expected, received string, err error) {
	expected = "an event about somebody"
	event, decodeErr := keys.DecodeClaims([]byte(t.text("events")))
	if decodeErr != nil {
		return expected, "another text, or none", nil
	}
	if sub, _ := event["sub"].(string); sub == "" || len(sub) > 255 {
		return expected, "one about nobody", nil
	}
	t.event = event
	return expected, "", nil
}
