package samlsp

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/beevik/etree"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// try is a response on its way through the tables.
type try struct {
	c       *Connector
	now     time.Time
	arrival federation.Arrival
	idp     *idp
	pairs   *Pairs

	artifact      artifact // where the response came by one
	raw           []byte
	response      *etree.Element // as signed, if it is; otherwise what it says can only lead to a refusal
	encrypted     *etree.Element
	assertion     *etree.Element // as signed, once the rows of the response have passed
	responseValid bool
	signed        bool // what assertion holds was signed

	nameID       *nameID // nil: the subject has none
	subject      *etree.Element
	confirmation *etree.Element // its data
	conditions   *etree.Element
	statement    *etree.Element
	until        time.Time // when the assertion ends for us
	attributes   map[string][]string
	key          string
}

// request is the ID of the request that this answers; "" for a response that nobody asked for.
func (a *try) request() string { return string(a.arrival.Kept) }

// skew is how far the clocks may differ.
func (a *try) skew() time.Duration { return a.c.config.skew() }

// Complete judges a response.
func (c *Connector) Complete(ctx context.Context, arrival federation.Arrival) (*federation.Identity, error) {
	known, err := c.trust.known(ctx)
	if err != nil {
		return nil, err
	}
	pairs, err := c.deps.Keys.Pairs(ctx)
	if err != nil {
		return nil, err
	}
	a := &try{c: c, now: c.deps.Now(), arrival: arrival, idp: known, pairs: pairs}
	table := rows()
	if c.config.Artifacts && arrival.Params.Has("SAMLart") {
		err = a.resolve(ctx, table)
	} else if err = judge(ctx, a, table.arrived); err == nil {
		a.response, err = parse(ctx, samlxml.MessageOf(a.raw))
	}
	if err != nil {
		return nil, err
	}
	if err := judge(ctx, a, table.response, table.assertion); err != nil {
		return nil, err
	}
	return a.identity(), nil
}

// posted wants the POST binding: the redirect binding is not for responses (SAML profiles §4.1.2).
func posted(_ context.Context, a *try) (expected, received string, err error) {
	if a.arrival.Method != "POST" {
		received = "another method"
	}
	return "a form that was posted", received, nil
}

// field wants one SAMLResponse in base64, not so large that it is not worth decoding (SA20).
func field(_ context.Context, a *try) (expected, received string, err error) {
	values := a.arrival.Params["SAMLResponse"]
	if len(values) != 1 || len(values[0]) > samlxml.MostMessage*3/2 {
		return "one SAMLResponse of bounded size", "none, more, or a larger one", nil
	}
	a.raw, err = base64.StdEncoding.DecodeString(samlxml.Compact(values[0]))
	if err != nil {
		return "one SAMLResponse in base64", "something else", nil //nolint:nilerr // what was sent is wrong, nothing failed
	}
	return "one SAMLResponse in base64", "", nil
}

// ownRelayState wants the state of the departure back; the broker has matched it with the browser. It is never an address (SA19). A response that
// nobody asked for may carry any, which nobody reads.
func ownRelayState(_ context.Context, a *try) (expected, received string, err error) {
	if a.request() != "" && a.arrival.Params.Get("RelayState") != a.arrival.Wish.State {
		received = "another"
	}
	return "the state of the departure", received, nil
}
