package kerberos

import (
	"context"
	"net/netip"
	"time"

	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// try is one token on its way through the tables.
type try struct {
	c    *connector
	raw  []byte
	from netip.Addr
	now  time.Time

	token    token
	request  messages.APReq
	sealer   []serviceKey // of ours that may have sealed the ticket
	ticket   messages.EncTicketPart
	realm    *Realm
	name     string
	shown    types.Authenticator
	mutually bool // the browser wants an answer that only we can give
}

// row is one rule. What it received says nothing of what somebody sent, or of whom.
type row = verdict.Row[*try]

// rowsToken is what can be seen from outside.
func rowsToken() []row {
	return []row{
		{Name: "kerberos_token.size", Reason: "size", Check: checkSize},
		{Name: "kerberos_token.mechanism", Reason: "mechanism", Check: checkMechanism},
		{Name: "kerberos_token.request", Reason: "malformed", Check: checkRequest},
		{Name: "kerberos_token.options", Reason: "options", Check: checkOptions},
	}
}

// rowsTicket is what the realm says (RFC 4120 section 3.2.3).
func rowsTicket() []row {
	return []row{
		{Name: "kerberos_ticket.service", Reason: federation.ReasonUnknown, Check: checkService},
		{Name: "kerberos_ticket.enctype", Reason: "enctype", Check: checkEnctype},
		{Name: "kerberos_ticket.key", Reason: "key", Check: checkKey},
		{Name: "kerberos_ticket.sealed", Reason: "sealed", Check: checkSealed},
		{Name: "kerberos_ticket.session_key", Reason: "enctype", Check: checkSessionKey},
		{Name: "kerberos_ticket.flags", Reason: "flags", Check: checkFlags},
		{Name: "kerberos_ticket.begun", Reason: "early", Check: checkBegun},
		{Name: "kerberos_ticket.ended", Reason: "expired", Check: checkEnded},
		{Name: "kerberos_ticket.address", Reason: "address", Check: checkAddress},
		{Name: "kerberos_ticket.realm", Reason: "realm", Check: checkRealm},
		{Name: "kerberos_ticket.transited", Reason: "realm", Check: checkTransited},
		{Name: "kerberos_ticket.principal", Reason: "principal", Check: checkPrincipal},
	}
}

// rowsAuthenticator is what the ticket's owner says. The ledger is its last row.
func rowsAuthenticator() []row {
	return []row{
		{Name: "kerberos_authenticator.enctype", Reason: "enctype", Check: checkShownEnctype},
		{Name: "kerberos_authenticator.sealed", Reason: "sealed", Check: checkShownSealed},
		{Name: "kerberos_authenticator.principal", Reason: "principal", Check: checkShownPrincipal},
		{Name: "kerberos_authenticator.checksum", Reason: "checksum", Check: checkChecksum},
		{Name: "kerberos_authenticator.clock", Reason: "clock", Check: checkClock},
		{Name: "kerberos_authenticator.replay", Reason: "replay", Check: checkReplay},
	}
}

// Accept implements federation.Negotiator.
func (c *connector) Accept(ctx context.Context, raw []byte, from netip.Addr) (*federation.Negotiated, error) {
	t := &try{c: c, raw: raw, from: from.Unmap(), now: c.d.Now()}
	for _, rows := range [][]row{rowsToken(), rowsTicket(), rowsAuthenticator()} {
		if err := federation.Judge(ctx, t, rows); err != nil {
			return nil, err
		}
	}
	answer, err := t.answer()
	if err != nil {
		return nil, err
	}
	return t.negotiated(answer), nil
}

// negotiated is who it is.
func (t *try) negotiated(answer []byte) *federation.Negotiated {
	p := federation.Principal{Name: t.name, Realm: t.realm.Realm, Attribute: t.realm.Attribute, Full: t.realm.Full}
	out := &federation.Negotiated{Principal: p, At: t.ticket.AuthTime, Answer: answer, Directory: t.realm.Directory}
	if out.At.After(t.now) {
		out.At = t.now
	}
	if out.Directory == "" {
		out.Identity = t.identity(p)
	}
	return out
}

// identity is somebody whom no directory is asked about.
func (t *try) identity(p federation.Principal) *federation.Identity {
	return &federation.Identity{
		Key: "kerberos:" + p.String(), Subject: p.String(), Claims: map[string]any{"principal": p.String(), "name": p.Name, "realm": p.Realm},
		Profile: map[string]any{"preferred_username": p.String()},
	}
}
