package app

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/risk/checks"
	"github.com/jedan-auth/jedan-auth/risk/firewall"
	"github.com/jedan-auth/jedan-auth/risk/geo"
	"github.com/jedan-auth/jedan-auth/risk/session"
	"github.com/jedan-auth/jedan-auth/storage"
)

// risks shows the risk engine to those who sign people in, and the firewall to the edge.
type risks struct {
	m     *risk.Module
	geo   *geo.DB
	wall  firewall.Firewall
	store storage.FirewallReader
	s     *server
	ring  chan struct{}
}

func (s *server) makeRisk() error {
	places, err := geo.Open(s.Config.Risk.City, s.Config.Risk.Operators)
	if err != nil {
		return err
	}
	r := &risks{geo: places, store: s.DB, s: s, ring: make(chan struct{}, 1)}
	r.m, err = risk.New(s.Config.Risk, risk.Deps{
		Tenant: s.Tenant, Rows: checks.Rows(), Uses: s.Config.Risk.Sessions.Engine(session.Rows(), session.StepUp), Store: s.DB, Ring: s.Ring, Places: places.Place, Log: s.Log, Now: s.Now,
	})
	if err != nil {
		return errors.Join(err, places.Close())
	}
	s.Feed.Subscribe(r.changed)
	s.risk = r
	s.announcer.country = func(ip netip.Addr) string { return places.Place(ip).Country }
	s.announcer.words = places.Words
	return nil
}

// load reads what is stored, at the start.
func (r *risks) load(ctx context.Context) error {
	return errors.Join(r.m.Load(ctx), r.reload(ctx))
}

// changed rings when rules have changed: the feed's callbacks must be quick.
func (r *risks) changed(c storage.Change) {
	if c.Kind == storage.ChangeFirewall || c.Kind == "" {
		select {
		case r.ring <- struct{}{}:
		default: // one is waiting already
		}
	}
}

// follow reads the rules again whenever any process changed them, until ctx ends.
func (r *risks) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.ring:
			if err := r.reload(ctx); err != nil && ctx.Err() == nil {
				r.s.Log.ErrorContext(ctx, "firewall rules not read again", slog.Any("error", err))
			}
		}
	}
}

func (r *risks) reload(ctx context.Context) error {
	var all []storage.FirewallRule
	var after storage.ID
	for {
		some, err := r.store.FirewallRules(ctx, r.s.Tenant, after, 500)
		if err != nil {
			return err
		}
		if all = append(all, some...); len(some) < 500 {
			return r.wall.Load(all)
		}
		after = some[len(some)-1].ID
	}
}

// gate keeps out whom the firewall denies. Without rules it costs a load from memory.
func (s *server) gate(c *gin.Context) error {
	r := s.risk
	if r.wall.Empty() {
		return nil
	}
	ip, country := httpx.ClientIP(c), ""
	if r.wall.NeedsPlace() {
		country = r.geo.Place(ip).Country
	}
	if kind, denied := r.wall.Denied(ip, country, c.Request.UserAgent(), s.Now()); denied {
		s.metrics.SecurityEvent("firewall."+kind, audit.Notice)
		return errs.New(errs.Forbidden, "Requests from here are not answered.")
	}
	return nil
}

// door is gate for documents that are ready in memory: without rules a load from memory, with some the look at them. Whoever is not let in here goes the long way, which says so.
func (s *server) door(req *http.Request) bool {
	wall := &s.risk.wall
	if wall.Empty() {
		return true
	}
	if wall.NeedsPlace() {
		return false
	}
	peer, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return false
	}
	_, denied := wall.Denied(peer.Addr(), "", req.UserAgent(), s.Now())
	return !denied
}

func (r *risks) moment(c *gin.Context, a login.Arrival) risk.Moment {
	o := risk.Moment{
		Act: risk.SignIn, Person: a.Person.ID, IP: httpx.ClientIP(c), Agent: c.Request.UserAgent(), Device: deviceID(a.Device), Known: a.Known,
		Factor: a.Proof.Kind, Client: a.Client, Success: true,
	}
	r.heard(&o, a)
	return o
}

// Judge implements login.Risk.
func (r *risks) Judge(c *gin.Context, a login.Arrival) (login.Weight, error) {
	v, err := r.m.Judge(c.Request.Context(), r.moment(c, a))
	w := login.Weight{Score: v.Score, StepUp: v.Action != risk.Allow}
	if err != nil || !w.StepUp {
		return w, err
	}
	r.s.metrics.SecurityEvent("risk."+string(v.Action), audit.Warning)
	r.s.Log.WarnContext(c.Request.Context(), "a sign-in was judged risky", slog.String("person", a.Person.ID.String()), slog.String("action", string(v.Action)),
		slog.Float64("score", v.Score), slog.String("reason", v.Reason()))
	if v.Action == risk.Deny {
		return w, errs.New(errs.Forbidden, "This sign-in is not allowed.")
	}
	return w, nil
}

// Learn implements login.Risk. A failure costs what was to be learned, not the sign-in.
func (r *risks) Learn(c *gin.Context, a login.Arrival) {
	vouched := slices.Contains(a.Proof.AMR, "mfa") || len(a.Proof.AMR) > 1 && !slices.Contains(a.Proof.AMR, assurance.Channel) // a phone's word is one factor
	if err := r.m.Learn(c.Request.Context(), r.moment(c, a), vouched); err != nil {
		r.s.Log.WarnContext(c.Request.Context(), "risk did not learn of a sign-in", slog.Any("error", err))
	}
}

// noticed counts refused attempts for the audit log and for risk.
type noticed struct {
	all *audit.Failures
	m   *risk.Module
}

func (r *risks) failures(all *audit.Failures) noticed { return noticed{all: all, m: r.m} }

// Add implements the factors' Failures.
func (n noticed) Add(f audit.Refusal) {
	n.all.Add(f)
	n.m.Refused(risk.Moment{Act: risk.SignIn, Person: f.Person, IP: f.IP, Agent: f.Agent, Device: deviceID(f.Device), Known: f.Known, Factor: "password"})
}

// deviceID is a browser's id as risk knows it; "" when none came.
func deviceID(id [16]byte) string {
	if id == [16]byte{} {
		return ""
	}
	return hex.EncodeToString(id[:])
}
