package password

import (
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/web"
)

// answerKind is what the browser sees of a refusal.
type answerKind int

const (
	answerWrong     answerKind = iota // the one answer to quiet refusals
	answerError                       // an error page
	answerExpired                     // start again at the application
	answerMissing                     // fill in both fields
	answerWait                        // come back later
	answerBusy                        // the queue is full
	answerCrowd                       // it was before anything was looked at
	answerOther                       // the request is about somebody else
	answerChallenge                   // there is something to do first
	answerHome                        // another service signs them in
	answerTold                        // a directory knows them, and does not let them in
	answerChange                      // before they have changed their password
)

// problemOther is the sentence for answerOther.
const problemOther = web.ProblemSubject

// refusal is why a row did not pass; nil passes.
type refusal struct {
	expected string
	received string // redacted
	as       answerKind
	problem  string // for answerTold and answerChange
	reason   string // code for audit and metrics; empty: it was no try at a password
	wait     time.Duration
	err      error
}

func (r *refusal) verdict(name string) verdict.Verdict {
	if r == nil {
		return verdict.Pass(name, "")
	}
	return verdict.Refuse(name, r.expected, r.received)
}

// quietly refuses with the answer that every account gets.
func quietly(expected, received, reason string) *refusal {
	return &refusal{as: answerWrong, expected: expected, received: received, reason: reason}
}

// failed is a row that could not be decided.
func failed(expected string, err error) *refusal {
	if errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Throttled) {
		wait := max(errs.RetryAfterOf(err), time.Second)
		return &refusal{as: answerBusy, expected: expected, received: "no room", wait: wait, err: err}
	}
	return &refusal{as: answerError, expected: expected, received: "an error", err: err}
}
