package samlsp

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"github.com/beevik/etree"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// judge applies tables one after the other until a row refuses.
func judge[S any](ctx context.Context, s S, tables ...[]verdict.Row[S]) error {
	return told(samlxml.Judge(ctx, s, tables...))
}

// parse judges a text and makes a tree of it.
func parse(ctx context.Context, d *samlxml.Document) (*etree.Element, error) {
	root, err := samlxml.Parse(ctx, d)
	return root, told(err)
}

// verify judges the signature of an element, and returns what was signed.
func verify(ctx context.Context, el *etree.Element, keys []*x509.Certificate, now time.Time) (*etree.Element, error) {
	signed, err := samlxml.Verify(ctx, el, keys, now)
	return signed, told(err)
}

// told says a refusal as connectors do.
func told(err error) error {
	if no, ok := errors.AsType[*samlxml.Refusal](err); ok {
		return &federation.Refusal{Check: no.Check, Expected: no.Expected, Received: no.Received, Reason: no.Reason}
	}
	return err
}

// refused says whether an error is a refusal, and not a failure of ours.
func refused(err error) bool {
	var r *federation.Refusal
	return errors.As(err, &r)
}

// departure sends a message off in a browser.
func departure(o samlxml.Outgoing) (*federation.Departure, error) {
	sent, err := o.Send()
	if err != nil {
		return nil, err
	}
	return &federation.Departure{URL: sent.URL, Form: sent.Form}, nil
}
