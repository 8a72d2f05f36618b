package challenge

import (
	"context"
	"crypto/sha256"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// try is a form's answer on its way through the table.
type try struct {
	m     *Module
	c     *gin.Context
	asked login.Asked
	form  url.Values

	token *token
}

// row is one rule of an answer.
type row = verdict.Row[*try]

// tables are the checks of an answer, and of who wants to wait instead, in order.
type tables struct{ answer, wait []row }

func rows() tables {
	return tables{
		answer: []row{
			{Name: "challenge.token", Check: genuine},
			{Name: "challenge.time", Check: inTime},
			{Name: "challenge.answer", Check: answered},
			{Name: "challenge.unspent", Check: unspent},
		},
		wait: []row{
			{Name: "challenge_wait.token", Check: genuine},
			{Name: "challenge_wait.time", Check: inTime},
		},
	}
}

// Passed implements login.Challenge. Whatever refuses, the page is the same; which row it was is in the log.
func (m *Module) Passed(c *gin.Context, a login.Asked, form url.Values) (bool, error) {
	if !m.wanted(c, a) {
		return true, nil
	}
	t := &try{m: m, c: c, asked: a, form: form}
	refused, err := verdict.Judge(c.Request.Context(), m.d.Logger, "challenge", httpx.ErrorID(c), t, rows().answer)
	if err != nil {
		return false, err
	}
	outcome := "passed"
	if refused != nil {
		outcome = "refused"
	}
	m.d.Meter.Challenge(t.kindName(), outcome)
	return refused == nil, nil
}

func (t *try) kindName() string {
	if t.token == nil {
		return "none"
	}
	switch t.token.kind {
	case web.ChallengeWork:
		return "work"
	case web.ChallengeWaited:
		return "wait"
	case web.ChallengeTurnstile:
		return Turnstile
	case web.ChallengeHCaptcha:
		return HCaptcha
	}
	return "none"
}

// genuine wants a challenge of ours, for this form and this browser.
func genuine(_ context.Context, t *try) (expected, received string, err error) {
	given := t.form.Get("challenge")
	t.token = t.m.open(given, t.asked.Purpose, t.m.d.Browsers.Browser(t.c.Writer, t.c.Request).ID)
	switch {
	case given == "":
		received = "none"
	case t.token == nil:
		received = "another"
	}
	return "a challenge of this form and browser", received, nil
}

// inTime wants one that has begun and not ended: a wait begins when it is over.
func inTime(_ context.Context, t *try) (expected, received string, err error) {
	switch now := t.m.d.Now(); {
	case now.Before(t.token.from.Truncate(time.Second)):
		received = "one whose wait goes on"
	case !now.Before(t.token.until):
		received = "an old one"
	}
	return "a challenge in its time", received, nil
}

// answered wants the work done, the wait over, or the other service's word.
func answered(ctx context.Context, t *try) (expected, received string, err error) {
	switch t.token.kind {
	case web.ChallengeWaited: // inTime has looked
	case web.ChallengeWork:
		if !t.token.solved(t.form.Get("answer")) {
			received = "another or none"
		}
	case t.m.c.kind():
		received = t.m.vouched(ctx, t)
	default:
		received = "a challenge of a service that is not in use"
	}
	return "an answer that is right", received, nil
}

// unspent spends the answer: of many forms with it one counts.
func unspent(ctx context.Context, t *try) (expected, received string, err error) {
	sum := sha256.Sum256(append([]byte("\x09challenge"), t.token.nonce[:]...))
	first, err := t.m.d.Spent.SpendOnce(ctx, &storage.Replay{Tenant: t.m.d.Tenant, Hash: sum[:], ExpiresAt: t.token.until.Add(time.Minute)})
	if err == nil && !first {
		received = "a spent one"
	}
	return "an answer that was not used", received, err
}
