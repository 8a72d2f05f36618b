package otp

import (
	"context"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Factor is one kind of code as a second factor.
type Factor struct {
	m    *Module
	kind string
}

var _ login.Sent = (*Factor)(nil)

// Factors are the kinds that are in use.
func (m *Module) Factors() []login.Second {
	var out []login.Second
	for _, kind := range m.Kinds() {
		out = append(out, &Factor{m: m, kind: kind})
	}
	return out
}

// Kind implements login.Second.
func (f *Factor) Kind() string { return f.kind }

// Offer implements login.Second. A mailbox that has signed the person in proves nothing more.
func (f *Factor) Offer(ctx context.Context, p *storage.Person, first login.Proof) (*login.Offer, error) {
	if f.kind == KindMail && first.ByMail() {
		return nil, nil
	}
	own, err := f.m.own(ctx, p, f.kind)
	if err != nil || own == nil {
		return nil, err
	}
	return &login.Offer{Alone: true, ACR: assurance.Two}, nil
}

// Where implements login.Sent.
func (f *Factor) Where(ctx context.Context, p *storage.Person) (string, error) {
	own, err := f.m.own(ctx, p, f.kind)
	if err != nil || own == nil {
		return "", err
	}
	to, err := f.m.address(own)
	return masked(f.kind, to), err
}

// Send implements login.Sent.
func (f *Factor) Send(c *gin.Context, h *login.Half) (bool, error) {
	ctx := c.Request.Context()
	own, err := f.m.own(ctx, h.Person, f.kind)
	if err != nil || own == nil {
		return false, err
	}
	to, err := f.m.address(own)
	if err != nil {
		return false, err
	}
	lang, err := f.m.lang(c, h.Person, h.Step.Flow.Params.Get("ui_locales"))
	if err != nil {
		return false, err
	}
	_, sent, err := f.m.send(ctx, message{
		kind: f.kind, to: to, lang: lang, app: h.Step.Client.Name,
		order: onetime.Order{Purpose: f.purpose(), Person: h.Person.ID, Flow: h.Step.Flow.ID, Bound: bound(h.Person, own)},
	})
	return sent, err
}

func (f *Factor) purpose() string { return "second_" + f.kind }

// bound is what a code stands on: the person as they are, and the factor, which is another one when the number changes.
func bound(p *storage.Person, f *storage.Factor) []byte {
	return slices.Concat(onetime.Bound(p), f.ID[:])
}

func (m *Module) lang(c *gin.Context, p *storage.Person, asked string) (string, error) {
	own, err := m.d.Directory.Claims(p)
	if err != nil {
		return "", err
	}
	if locale := own.String("locale"); locale != "" {
		return locale, nil
	}
	return m.d.Pages.Locale(c.Request, asked), nil
}

// Verify implements login.Second: the table of checks.
func (f *Factor) Verify(c *gin.Context, h *login.Half, form url.Values) (login.Outcome, error) {
	ctx := c.Request.Context()
	own, err := f.m.own(ctx, h.Person, f.kind)
	if err != nil || own == nil {
		return login.Outcome{Reason: "no_factor"}, err
	}
	a := &attempt{factor: f, half: h, own: own, typed: form.Get(login.FieldCode)}
	for _, row := range rows() {
		if reason, err := row.check(ctx, a); err != nil || reason != "" {
			return login.Outcome{Reason: reason}, err
		}
	}
	return login.Outcome{OK: true, AMR: f.amr()}, nil
}

// amr is RFC 8176's word.
func (f *Factor) amr() []string {
	if f.kind == KindSMS {
		return []string{"sms"}
	}
	return []string{"otp"}
}
