package federation

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/web"
)

// Methods that people prove themselves by here, though somebody else says that they count (RFC 8176).
const (
	methodPassword = "pwd"
	methodTicket   = "wia" // Windows integrated authentication: Kerberos, in any browser
)

// asking is whether a browser is asked for a ticket, and its ticket taken.
type asking struct {
	where  Where
	secure bool
	from   netip.Addr
	agent  string
}

func rowsAsking() []verdict.Row[*asking] {
	return []verdict.Row[*asking]{
		{Name: "negotiate.channel", Reason: "channel", Check: checkChannel},
		{Name: "negotiate.network", Reason: "network", Check: checkNetwork},
		{Name: "negotiate.agent", Reason: "agent", Check: checkAgent},
	}
}

// checkChannel wants nobody between the browser and us: a ticket that was read on the way could be shown before its owner does.
func checkChannel(_ context.Context, a *asking) (expected, received string, err error) {
	if !a.secure {
		received = "none"
	}
	return "TLS", received, nil
}

func checkNetwork(_ context.Context, a *asking) (expected, received string, err error) {
	if !a.where.near(a.from) {
		received = "another"
	}
	return "one of the networks", received, nil
}

func checkAgent(_ context.Context, a *asking) (expected, received string, err error) {
	if !a.where.by(a.agent) {
		received = "another"
	}
	return "one of the agents", received, nil
}

// negotiators are the connectors that ask this browser for an application, the oldest first.
func (m *Module) negotiators(c *gin.Context, clientID string) (out []*Ready, err error) {
	ctx := c.Request.Context()
	all, err := m.d.Registry.all.Get(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		asks, ok := r.Connector.(Negotiator)
		if ok && r.Settings.Serves(clientID) && m.asks(c, asks) == nil {
			out = append(out, r)
		}
	}
	return out, nil
}

// asks is a *Refusal where a connector does not want this browser to be asked. Only issuers on loopback are plain.
func (m *Module) asks(c *gin.Context, by Negotiator) error {
	a := &asking{where: by.Where(), secure: httpx.IsTLS(c) || strings.HasPrefix(m.d.Issuer, "http:"), from: httpx.ClientIP(c), agent: c.Request.UserAgent()}
	return Judge(c.Request.Context(), a, rowsAsking())
}

// Negotiates says that the browser is asked for a ticket, before people of an application sign in.
func (m *Module) Negotiates(c *gin.Context, clientID string) (bool, error) {
	all, err := m.negotiators(c, clientID)
	return len(all) > 0, err
}

// Negotiate judges what a browser said of its person by itself. done says that the answer is written; otherwise the sign-in page is shown, as to anybody.
func (m *Module) Negotiate(c *gin.Context, sealed string, token []byte) (done bool, err error) {
	v, err := m.d.Flows.Visit(c, sealed)
	if err != nil {
		return true, m.d.Flows.Refuse(c, err)
	}
	all, err := m.negotiators(c, v.Client)
	if err != nil {
		return false, err
	}
	for _, r := range all {
		n, err := m.accept(c, r, token)
		if err == nil {
			err = m.admit(c, v, r, n)
		}
		var no *Refusal
		switch {
		case err == nil || c.Writer.Written():
			return true, err
		case errs.Is(err, errs.Forbidden):
			return true, m.d.Pages.Again(c, sealed, web.ProblemUpstream)
		case !errors.As(err, &no) && !errs.Is(err, errs.Unavailable):
			return false, err
		}
		if no != nil && no.Person {
			return true, m.refused(c, &trip{Flow: sealed}, r, no)
		}
		m.declined(c, r, err)
		if no == nil || no.Reason != ReasonUnknown {
			return false, nil
		}
	}
	return false, nil
}

func (m *Module) accept(c *gin.Context, r *Ready, token []byte) (*Negotiated, error) {
	asks, _ := r.Connector.(Negotiator)
	return asks.Accept(c.Request.Context(), token, httpx.ClientIP(c))
}

// admit goes on with somebody whose ticket counts, as after any upstream's word. They proved themselves when they typed the password that the ticket was got with.
func (m *Module) admit(c *gin.Context, v *Visit, by *Ready, n *Negotiated) error {
	if err := Judge(c.Request.Context(), &known{m: m, v: v, n: n}, rowsKnown()); err != nil {
		return err
	}
	from, id, err := m.whoIs(c.Request.Context(), v.Client, by, n)
	if err != nil {
		return err
	}
	httpx.Answered(c, n.Answer)
	return m.identified(c, &trip{Connector: from.Row.ID, Flow: v.Sealed, Began: m.d.Now(), Method: methodTicket, Since: id.At, Via: by}, from, id)
}

// known is somebody whose ticket counts, and the request that they sign in for.
type known struct {
	m *Module
	v *Visit
	n *Negotiated
}

func rowsKnown() []verdict.Row[*known] {
	return []verdict.Row[*known]{{Name: "negotiate.fresh", Reason: "age", Check: checkFresh}}
}

// checkFresh: a ticket is no fresher than the password that it was got with.
func checkFresh(_ context.Context, k *known) (expected, received string, err error) {
	w := wishOf(k.v)
	if w.Fresh || w.MaxAge > 0 && k.m.d.Now().Sub(k.n.At) > w.MaxAge {
		received = "an earlier one"
	}
	return "an authentication as new as was asked for", received, nil
}

// whoIs asks the directory of the principal's realm, whose link it is then: a password that is typed and a ticket are the same person.
func (m *Module) whoIs(ctx context.Context, clientID string, by *Ready, n *Negotiated) (*Ready, *Identity, error) {
	from, id := by, n.Identity
	if n.Directory != "" {
		var finder PrincipalFinder
		var err error
		if from, finder, err = m.finder(ctx, clientID, n.Directory); err != nil {
			return nil, nil, err
		}
		if id, err = finder.FindPrincipal(ctx, n.Principal); err != nil {
			return nil, nil, err
		}
	}
	id.At, id.AMR, id.ACR = n.At, []string{methodTicket}, ""
	return from, id, nil
}

// finder is the directory of a name, if it may be asked for the application.
func (m *Module) finder(ctx context.Context, clientID, name string) (*Ready, PrincipalFinder, error) {
	r, err := m.d.Registry.ByName(ctx, name)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, nil, err
	}
	if err == nil && r.Settings.Serves(clientID) {
		if finder, ok := r.Connector.(PrincipalFinder); ok {
			return r, finder, nil
		}
	}
	return nil, nil, &Refusal{Check: "negotiate.directory", Expected: "a directory that serves the application", Received: "none of this name", Reason: "directory"}
}

// declined notes what did not count. Who sent it sees the sign-in page, which tells nothing.
func (m *Module) declined(c *gin.Context, by *Ready, err error) {
	ctx := c.Request.Context()
	var no *Refusal
	if !errors.As(err, &no) {
		m.d.Log.WarnContext(ctx, "a directory did not answer", slog.String("connector", by.Row.Name), slog.Any("error", err))
		return
	}
	verdict.Log(ctx, m.d.Log, "negotiate", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, httpx.ErrorID(c))
	m.d.Log.InfoContext(ctx, "a ticket was refused", slog.String("connector", by.Row.Name), slog.String("check", no.Check))
	m.d.Meter.AuthRequest("negotiate", "refused")
	m.d.Meter.FailedLogin("negotiate", no.Reason)
	m.d.Failures.Add(audit.Refusal{Tenant: m.d.Tenant, IP: httpx.ClientIP(c), Reason: "negotiate_" + no.Reason})
}
