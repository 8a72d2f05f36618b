package flow

import (
	"crypto/subtle"
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Reasons why a genuine flow does not open.
const (
	Stale   = "stale"   // older than the lifetime
	Foreign = "foreign" // begun in another browser
)

// Again is the hidden cause of a flow that is genuine but does not open here and now: the page says "start again at" its client.
type Again struct {
	Tenant storage.ID
	Client string // client_id; empty when the flow leads to a page of ours
	Return string
	Why    string // Stale or Foreign
}

// Error names the reason, nothing of the request.
func (a *Again) Error() string { return "flow: " + a.Why }

// AgainOf finds the Again in an error of Open.
func AgainOf(err error) (*Again, bool) { return errors.AsType[*Again](err) }

func again(fl *Flow, why string) error {
	return refused(&Again{Tenant: fl.Tenant, Client: fl.Client, Return: fl.Return, Why: why})
}

func refused(cause error) error {
	return errs.Wrap(errs.Invalid, "This page is out of date. Go back to the app and start again.", cause)
}

func equal(a, b [16]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }
