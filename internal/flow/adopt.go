package flow

import (
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Adopt opens a flow that no browser began (an authorization request by POST is answered before any cookie is read) and binds it to browser. It
// returns the flow and its new sealed form. A flow that a browser began is refused: it can only be opened there. Each adoption is a flow with an id of
// its own, so that two browsers that adopt one request never share a grant.
func (f *Flows) Adopt(s string, browser [16]byte) (*Flow, string, error) {
	fl, err := f.unseal(s)
	if err != nil {
		return nil, "", err
	}
	age := f.now().Sub(fl.Started)
	if age >= f.lifetime || age < -clockSkew {
		return nil, "", again(fl, Stale)
	}
	if fl.Browser != [16]byte{} || browser == [16]byte{} || fl.Client == "" {
		return nil, "", again(fl, Foreign)
	}
	fl.ID, fl.Browser = storage.NewID(f.now()), browser
	sealed, err := f.Seal(*fl)
	if err != nil {
		return nil, "", errs.Wrap(errs.Invalid, "The request is too large.", err)
	}
	return fl, sealed, nil
}
