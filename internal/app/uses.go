package app

import (
	"context"
	"net/http"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/provider/authorize"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/storage"
)

// use judges one use of a session by a browser.
func (r *risks) use(req *http.Request, cur *session.Current, act string) risk.Verdict {
	ip, agent := httpx.ContextClient(req.Context())
	began := r.s.sessions.Began(req, cur)
	match := [...]risk.Match{session.NotKept: risk.Unsaid, session.SameBrowser: risk.Same, session.OtherBrowser: risk.Another, session.NoBrowser: risk.Missing}[began.Browser]
	v := r.m.Use(req.Context(), risk.Used{
		Act: act, ID: cur.Session.ID, Person: cur.Person.ID, IP: ip, Agent: agent, Browser: match,
		Began: risk.Began{At: cur.Session.CreatedAt, IP: began.IP, Agent: began.Agent},
	})
	r.counted(v)
	return v
}

func (r *risks) counted(v risk.Verdict) {
	switch {
	case v.Observed != "":
		r.s.metrics.SecurityEvent("session.observed", audit.Notice)
	case v.Action != risk.Allow:
		r.s.metrics.SecurityEvent("session."+string(v.Action), audit.Warning)
	}
}

// doubt is what the authorization endpoint is told of a session.
func (r *risks) doubt(req *http.Request, cur *session.Current) (d authorize.Doubt, score float64) {
	v := r.use(req, cur, risk.Authorize)
	if v.Action != risk.Allow {
		d = authorize.Doubt{Reason: v.Reason(), Denied: v.Action == risk.Deny}
	}
	return d, v.Score
}

// Trusts implements login.Risk.
func (r *risks) Trusts(req *http.Request, cur *session.Current) bool {
	return r.use(req, cur, risk.Account).Action == risk.Allow
}

// Refreshed implements refresh.Watch.
func (r *risks) Refreshed(ctx context.Context, g *storage.Grant, clientID string) (reason string) {
	ip, agent := httpx.ContextClient(ctx)
	v := r.m.Use(ctx, risk.Used{Act: risk.Refresh, ID: g.ID, Person: g.Person, Client: clientID, IP: ip, Agent: agent})
	r.counted(v)
	if v.Action == risk.Allow {
		return ""
	}
	return v.Reason()
}

// trusting shows a person's own pages their session: one that is not trusted was proved long ago, so that sensitive acts want a new proof.
type trusting struct {
	*session.Manager
	r *risks
}

// Current implements account.Sessions.
func (t trusting) Current(ctx context.Context, req *http.Request, tenant storage.ID) (*session.Current, error) {
	cur, err := t.Manager.Current(ctx, req, tenant)
	if cur != nil && !t.r.Trusts(req, cur) {
		session.Distrust(cur.Session)
	}
	return cur, err
}
