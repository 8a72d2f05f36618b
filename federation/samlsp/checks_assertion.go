package samlsp

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"github.com/beevik/etree"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/storage"
)

func assertionVersion(_ context.Context, a *try) (expected, received string, err error) {
	return versionOf(a.assertion)
}

func assertionIssuer(_ context.Context, a *try) (expected, received string, err error) {
	if samlxml.Text(samlxml.Child(a.assertion, samlxml.NSAssertion, "Issuer")) != a.c.config.IDPEntityID {
		received = "another"
	}
	return "the connector's identity provider", received, nil
}

// issued wants an assertion that was not made in the future.
func issued(_ context.Context, a *try) (expected, received string, err error) {
	return madeBy(a.assertion, a.now.Add(a.skew()))
}

func madeBy(el *etree.Element, most time.Time) (expected, received string, err error) {
	if at, ok := samlxml.Instant(samlxml.Attribute(el, "IssueInstant")); !ok || at.After(most) {
		received = "a later one, or none"
	}
	return "a time of issue that has come", received, nil
}

// knownConditions wants one Conditions, and understands what is in it: a condition that we do not know may be one that we break (core §2.5.1).
func knownConditions(_ context.Context, a *try) (expected, received string, err error) {
	if a.conditions = samlxml.Child(a.assertion, samlxml.NSAssertion, "Conditions"); a.conditions == nil {
		return "known conditions", "none, or two", nil
	}
	for _, c := range a.conditions.ChildElements() {
		if c.NamespaceURI() != samlxml.NSAssertion || !slices.Contains([]string{"AudienceRestriction", "OneTimeUse", "ProxyRestriction"}, c.Tag) {
			received = "an unknown one"
		}
	}
	return "known conditions", received, nil
}

// notBefore wants the assertion to have begun; it may say nothing of it.
func notBefore(_ context.Context, a *try) (expected, received string, err error) {
	return begun(a.conditions, a)
}

func begun(el *etree.Element, a *try) (expected, received string, err error) {
	value, given := samlxml.AttributeOf(el, "NotBefore")
	if at, ok := samlxml.Instant(value); given && (!ok || at.After(a.now.Add(a.skew()))) {
		received = "one to come"
	}
	return "a time that has come", received, nil
}

// notOnOrAfter wants the assertion not to have ended; it may say nothing of it, the confirmation does.
func notOnOrAfter(_ context.Context, a *try) (expected, received string, err error) {
	value, given := samlxml.AttributeOf(a.conditions, "NotOnOrAfter")
	if at, ok := samlxml.Instant(value); given && (!ok || !a.now.Before(at.Add(a.skew()))) {
		received = "one that is over"
	}
	return "a time that has not ended", received, nil
}

// audience wants every restriction to name us, and at least one (SA16).
func audience(_ context.Context, a *try) (expected, received string, err error) {
	restrictions := samlxml.Children(a.conditions, samlxml.NSAssertion, "AudienceRestriction")
	if len(restrictions) == 0 {
		return "us as audience", "no audience", nil
	}
	for _, r := range restrictions {
		if !slices.ContainsFunc(samlxml.Children(r, samlxml.NSAssertion, "Audience"), func(el *etree.Element) bool { return samlxml.Text(el) == a.c.config.EntityID }) {
			received = "another"
		}
	}
	return "us as audience", received, nil
}

// mayProxy refuses assertions that forbid to tell others: that is what we do with them (core §2.5.1.6). Their audiences are names of service providers,
// which applications here do not have.
func mayProxy(_ context.Context, a *try) (expected, received string, err error) {
	for _, r := range samlxml.Children(a.conditions, samlxml.NSAssertion, "ProxyRestriction") {
		count, given := samlxml.AttributeOf(r, "Count")
		if n, err := strconv.Atoi(samlxml.Trim(count)); given && (err != nil || n < 1) || len(r.ChildElements()) > 0 {
			received = "a forbidden one"
		}
	}
	return "an assertion that may be passed on", received, nil
}

// oneStatement wants a sign-in to have happened.
func oneStatement(_ context.Context, a *try) (expected, received string, err error) {
	if a.statement = samlxml.Child(a.assertion, samlxml.NSAssertion, "AuthnStatement"); a.statement == nil {
		received = "none, or two"
	}
	return "one AuthnStatement", received, nil
}

// signedInAt is when the person proved themselves there.
func (a *try) signedInAt() (time.Time, bool) {
	return samlxml.Instant(samlxml.Attribute(a.statement, "AuthnInstant"))
}

func authnInstant(_ context.Context, a *try) (expected, received string, err error) {
	if at, ok := a.signedInAt(); !ok || at.After(a.now.Add(a.skew())) {
		received = "one to come, or none"
	}
	return "a time of sign-in that has come", received, nil
}

// fresh wants a sign-in after the departure where that was asked for.
func fresh(_ context.Context, a *try) (expected, received string, err error) {
	if at, _ := a.signedInAt(); a.arrival.Wish.Fresh && at.Before(a.arrival.Began.Add(-a.skew())) {
		received = "an earlier one"
	}
	return "a sign-in after the departure", received, nil
}

// young wants a sign-in that is not older than was asked for.
func young(_ context.Context, a *try) (expected, received string, err error) {
	most := a.arrival.Wish.MaxAge
	if at, _ := a.signedInAt(); most > 0 && at.Before(a.now.Add(-most-a.skew())) {
		received = "an older one"
	}
	return "a sign-in of late", received, nil
}

// sessionEnd is when the session there ends; zero where it is not said.
func (a *try) sessionEnd() (at time.Time, given, ok bool) {
	value, given := samlxml.AttributeOf(a.statement, "SessionNotOnOrAfter")
	at, ok = samlxml.Instant(value)
	return at, given, ok
}

func liveSession(_ context.Context, a *try) (expected, received string, err error) {
	if at, given, ok := a.sessionEnd(); given && (!ok || !a.now.Before(at.Add(a.skew()))) {
		received = "one that is over"
	}
	return "a session that has not ended", received, nil
}

// class is how the person signed in there, by its own name.
func (a *try) class() string {
	return samlxml.Text(samlxml.Child(samlxml.Child(a.statement, samlxml.NSAssertion, "AuthnContext"), samlxml.NSAssertion, "AuthnContextClassRef"))
}

// acr is the same by ours, where there is one.
func (a *try) acr() string {
	for acr, class := range a.c.config.AuthnContexts {
		if class == a.class() {
			return acr
		}
	}
	return a.class()
}

// wantedContext wants one of the classes that were asked for.
func wantedContext(_ context.Context, a *try) (expected, received string, err error) {
	if len(a.c.classes(a.arrival.Wish)) > 0 && !slices.Contains(a.arrival.Wish.ACR, a.acr()) {
		received = "another"
	}
	return "a class that was asked for", received, nil
}

// unspent spends the assertion, for as long as it could be shown again. It is the last row, and one statement (SA15).
func unspent(ctx context.Context, a *try) (expected, received string, err error) {
	id := samlxml.Attribute(a.assertion, "ID")
	first, err := a.c.spend(ctx, "assertion", id, a.until.Add(a.skew()))
	if err == nil && (!first || id == "") {
		received = "one that was used"
	}
	return "an assertion that was not used", received, err
}

// spend reports true the first time.
func (c *Connector) spend(ctx context.Context, kind, id string, until time.Time) (bool, error) {
	h := sha256.New()
	for _, part := range []string{"saml", kind, c.config.IDPEntityID, id} {
		_ = binary.Write(h, binary.BigEndian, uint32(len(part))) // a hash takes everything
		h.Write([]byte(part))
	}
	return c.deps.Replays.SpendOnce(ctx, &storage.Replay{Tenant: c.deps.Tenant, Hash: h.Sum(nil), ExpiresAt: until})
}
