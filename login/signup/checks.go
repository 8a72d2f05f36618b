package signup

import (
	"context"
	"encoding/json"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// row is one rule about a link that somebody follows. What it received says nothing of the link or the address.
type row = verdict.Row[*visit]

const somebodyIsIn = "signed_in"

func rows() []row {
	return []row{
		{Name: "signup_link.link", Reason: "no_link", Check: knownLink},
		{Name: "signup_link.bound", Reason: "wrong", Check: sentLink},
		{Name: "signup_link.open", Reason: "closed", Check: stillOpen},
		{Name: "signup_link.nobody", Reason: somebodyIsIn, Check: nobodyIn},
	}
}

// judge applies the rows. reason is empty when all passed; which one refused is in the log.
func (m *Module) judge(v *visit) (reason string, err error) {
	refused, err := verdict.Judge(v.c.Request.Context(), m.d.Logger, "sign-up", httpx.ErrorID(v.c), v, rows())
	if refused != nil {
		reason = refused.Reason
	}
	return reason, err
}

// knownLink wants a link that was sent, is the newest to its address, unused and not too old.
func knownLink(ctx context.Context, v *visit) (expected, received string, err error) {
	expected = "a link that stands"
	v.code, err = v.m.d.Codes.Find(ctx, purposeInvited, v.token)
	if errs.Is(err, errs.NotFound) {
		v.code, err = v.m.d.Codes.Find(ctx, purposeAsked, v.token)
	}
	if err != nil {
		return expected, "", err
	}
	data, err := v.m.d.Codes.Data(v.code)
	if err != nil {
		return "", "", err
	}
	return expected, "", json.Unmarshal(data, &v.kept)
}

// sentLink wants the token that was sent to the address.
func sentLink(_ context.Context, v *visit) (expected, received string, err error) {
	if !v.m.d.Codes.Linked(v.code, v.token, []byte(v.Email)) {
		received = "another"
	}
	return "the token that was sent", received, nil
}

// stillOpen lets a link that was asked for count only as long as its address might ask (PW21).
func stillOpen(_ context.Context, v *visit) (expected, received string, err error) {
	canonical, err := directory.CanonicalEmail(v.Email)
	if err != nil || v.code.Purpose == purposeAsked && !v.m.cfg.lets(canonical) {
		received = "one that may not any more"
	}
	return "an address that may have an account", received, nil
}

// nobodyIn wants a browser in which nobody is signed in: whoever is would be somebody else than the link is for (PW23).
func nobodyIn(_ context.Context, v *visit) (expected, received string, err error) {
	cur, err := v.m.current(v.c)
	if cur != nil {
		received = "somebody"
	}
	return "nobody signed in", received, err
}
