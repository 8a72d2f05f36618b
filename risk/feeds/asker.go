package feeds

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
	"github.com/jedan-auth/jedan-auth/risk"
)

// Bounds of what is remembered of a service, waits for it, and how long it is left alone after it failed.
const (
	mostAnswers  = 8192
	mostWaiting  = 64
	shortestRest = 10 * time.Second
	longestRest  = 10 * time.Minute
	refusedRest  = time.Hour      // the key is wrong: asking again changes nothing
	longestAsked = 24 * time.Hour // that a service's Retry-After counts
)

// Outcomes, as metrics have them.
const (
	outcomeAnswered = "answered"
	outcomeFailed   = "failed"
	outcomeGarbage  = "garbage"
	outcomeRefused  = "refused" // the key
	outcomeQuota    = "quota"   // the service says that it was asked too often
	outcomeBudget   = "budget"  // it would have been
	outcomeDropped  = "dropped" // too many wait
)

// asker is one service with what it said.
type asker struct {
	svc         service
	limits      Service
	d           Deps
	minute, day *ratelimit.Limiter
	wait        chan netip.Addr

	mu      sync.Mutex
	answers map[netip.Addr]answer
	ring    []netip.Addr
	next    int
	asked   map[netip.Addr]bool // waits, or is being asked
	resting time.Time           // until then it is left alone
	rest    time.Duration       // how long it is left alone after the next failure
}

type answer struct {
	report risk.Report
	until  time.Time
}

func newAsker(svc service, limits Service, d Deps) (*asker, error) {
	minute, err := ratelimit.New(ratelimit.Config{Events: limits.PerMinute, Per: time.Minute, MaxKeys: 1, Now: d.Now})
	if err != nil {
		return nil, err
	}
	day, err := ratelimit.New(ratelimit.Config{Events: limits.PerDay, Per: 24 * time.Hour, MaxKeys: 1, Now: d.Now})
	return &asker{
		svc: svc, limits: limits, d: d, minute: minute, day: day, wait: make(chan netip.Addr, mostWaiting),
		answers: map[netip.Addr]answer{}, asked: map[netip.Addr]bool{}, rest: shortestRest,
	}, err
}

// look is what the service said of an address lately. Without that it is asked, and not waited for.
func (k *asker) look(a netip.Addr) (risk.Report, bool) {
	now := k.d.Now()
	k.mu.Lock()
	got, known := k.answers[a]
	fresh := known && now.Before(got.until)
	ask := !fresh && !k.asked[a] && !now.Before(k.resting)
	if ask {
		select {
		case k.wait <- a:
			k.asked[a] = true
		default:
			ask = false
			k.d.Meter.Feed(k.svc.name, outcomeDropped)
		}
	}
	k.mu.Unlock()
	return got.report, fresh
}

// run asks until ctx ends, one question at a time.
func (k *asker) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-k.wait:
			outcome := k.one(ctx, a)
			k.d.Meter.Feed(k.svc.name, outcome)
			k.mu.Lock()
			delete(k.asked, a)
			k.mu.Unlock()
		}
	}
}

func (k *asker) one(ctx context.Context, a netip.Addr) string {
	k.mu.Lock()
	resting := k.d.Now().Before(k.resting)
	k.mu.Unlock()
	if resting {
		return outcomeDropped
	}
	if ok, _ := k.minute.Allow(""); !ok {
		return outcomeBudget
	}
	if ok, _ := k.day.Allow(""); !ok {
		k.minute.Give("")
		return outcomeBudget
	}
	report, resp, err := k.svc.ask(ctx, k.d.Fetch, a)
	if err != nil {
		return k.failed(ctx, resp, err)
	}
	k.keep(a, report)
	return outcomeAnswered
}

func (k *asker) keep(a netip.Addr, r risk.Report) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rest = shortestRest
	if _, known := k.answers[a]; !known {
		if len(k.ring) < mostAnswers {
			k.ring = append(k.ring, a)
		} else {
			delete(k.answers, k.ring[k.next])
			k.ring[k.next] = a
			k.next = (k.next + 1) % mostAnswers
		}
	}
	k.answers[a] = answer{r, k.d.Now().Add(k.limits.Fresh)}
}

// failed leaves the service alone for a while: as long as it asks for, or longer and longer.
func (k *asker) failed(ctx context.Context, resp *fetch.Response, err error) (outcome string) {
	outcome, rest := outcomeFailed, time.Duration(0)
	status := 0
	if resp != nil {
		status = resp.Status
	}
	switch {
	case status == http.StatusTooManyRequests:
		outcome, rest = outcomeQuota, retryAfter(resp.Header, k.d.Now())
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		outcome, rest = outcomeRefused, refusedRest
	case status == http.StatusOK:
		outcome = outcomeGarbage
	}
	k.mu.Lock()
	if rest == 0 {
		rest = k.rest
		k.rest = min(2*k.rest, longestRest)
	}
	k.resting = k.d.Now().Add(rest)
	k.mu.Unlock()
	if ctx.Err() == nil {
		k.d.Log.WarnContext(ctx, "a feed did not answer", slog.String("feed", k.svc.name), slog.String("outcome", outcome), slog.Int("status", status),
			slog.Duration("rest", rest), slog.Any("error", err))
	}
	return outcome
}

// retryAfter is how long a service wants to be left alone: Retry-After (RFC 9110 section 10.2.3), or X-RateLimit-Reset, in Unix seconds; a minute if it does not say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	wait := time.Minute
	if n, err := strconv.Atoi(h.Get("Retry-After")); err == nil && n > 0 {
		wait = time.Duration(min(n, int(longestAsked.Seconds()))) * time.Second
	} else if at, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		wait = at.Sub(now)
	} else if n, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64); err == nil {
		wait = time.Unix(n, 0).Sub(now)
	}
	return min(max(wait, shortestRest), longestAsked)
}
