package otp

import (
	"context"
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
)

// attempt is a typed code on its way through the table.
type attempt struct {
	factor *Factor
	half   *login.Half
	own    *storage.Factor
	typed  string
	code   *storage.Code
}

// row is one rule; its check says why it refuses, "" when it does not.
type row struct {
	name  string
	check func(ctx context.Context, a *attempt) (reason string, err error)
}

// rows is the table of checks of a code that was sent, in order. Whatever refuses, the answer is the same (MF07).
func rows() []row {
	return []row{
		{"otp.tries", tries},
		{"otp.code", typed},
		{"otp.once", once},
	}
}

// tries counts the attempt at this sign-in's code, durably, before anything is compared: five, within ten minutes, until another is sent.
func tries(ctx context.Context, a *attempt) (string, error) {
	var err error
	a.code, err = a.factor.m.d.Codes.Try(ctx, a.factor.purpose(), a.half.Step.Flow.ID, a.half.Person.ID)
	if errs.Is(err, errs.NotFound) {
		return "no_code", nil
	}
	return "", err
}

// typed wants the code that was sent, for this person as they are and this factor.
func typed(_ context.Context, a *attempt) (string, error) {
	if !a.factor.m.d.Codes.Typed(a.code, a.typed, bound(a.half.Person, a.own)) {
		return "wrong", nil
	}
	return "", nil
}

// errSpent takes back the use of a code whose factor is gone.
var errSpent = errors.New("login/otp: spent")

// once uses the code: for one of those that come at the same time, and only while the factor stands. The failures of the kind are forgotten with it.
func once(ctx context.Context, a *attempt) (string, error) {
	m := a.factor.m
	err := m.d.Store.InTx(ctx, func(ctx context.Context) error {
		first, err := m.d.Codes.Spend(ctx, a.code.ID, nil)
		if err != nil {
			return err
		}
		now := m.d.Now()
		kept, err := m.d.Store.SpendStep(ctx, storage.SpendStep{
			Tenant: a.own.Tenant, Person: a.own.Person, Factor: a.own.ID, Kind: a.own.Kind, Step: now.UnixNano(), Now: now,
		})
		if err == nil && (!first || !kept) {
			err = errSpent
		}
		return err
	})
	if errors.Is(err, errSpent) {
		return "spent", nil
	}
	return "", err
}
