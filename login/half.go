package login

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
)

// What the token of a half sign-in says beside flow and person. It is signed for flow.StepFirst: as no other step, session or form does it pass.
const (
	halfACR      = "acr"
	halfAMR      = "amr"
	halfKind     = "kind"
	halfScore    = "score"    // what risk made of the first factor
	halfDoubted  = "doubted"  // and whether it was doubted
	halfPassword = "password" // when it was set: a change in between ends the half sign-in
	halfUpstream = "upstream" // on whose word it rests, JSON; "": it was proved here
	halfUntil    = "until"    // when a session that rests on it ends at the latest; "": nobody said
	halfSince    = "since"    // when an earlier session proved it; "": it was proved now
	halfName     = "name"     // by which a directory knows them, as Module.NameOf has it; all zero: none
)

// needsSecond says whether what was proved is not enough for this person: a passkey that verified its user is two factors already, and a browser that the person
// trusts stands in for the second where the operator's rules allow it.
func (m *Module) needsSecond(c *gin.Context, a Arrival) (bool, error) {
	ctx := c.Request.Context()
	terms, err := m.terms(c, a)
	if err != nil || m.d.Second == nil || assurance.Meets(a.Proof.ACR, assurance.Two) {
		return false, err
	}
	all, err := m.d.Second.offers(ctx, a.Person, a.Proof)
	if err != nil || !asked(all) {
		return false, err
	}
	trusted, err := m.trusts(ctx, a, terms)
	return !trusted, err
}

// halfway sends the browser to the second step with what the first has proved. There is no session yet.
func (m *Module) halfway(c *gin.Context, st *Step, a Arrival) error {
	person, p := a.Person, a.Proof
	token := m.d.Flows.SignStep(flow.Step{Flow: st.Flow.ID, Step: flow.StepFirst, Person: person.ID, Data: map[string]string{
		halfACR: p.ACR, halfAMR: strings.Join(p.AMR, " "), halfKind: p.Kind, halfPassword: passwordTime(person),
		halfScore: strconv.FormatFloat(a.Score, 'g', -1, 64), halfDoubted: strconv.FormatBool(a.Doubted), halfSince: sinceText(p.Since), halfUntil: sinceText(p.Until),
		halfUpstream: upstreamText(p.Upstream), halfName: p.Name.String(),
	}})
	return httpx.SeeOther(c, m.link(mfaPath, st.Sealed, "step", token))
}

// half opens a half sign-in: by its token, or, without one, the session that is to be stepped up. errs.NotFound when there is neither, or the person
// may not go on.
func (m *Module) half(ctx context.Context, st *Step, token string) (*Half, error) {
	h, id, password := &Half{Step: st, token: token}, storage.ID{}, ""
	switch {
	case token != "":
		first, err := m.d.Flows.VerifyStep(token, flow.StepFirst, st.Flow.ID)
		if err != nil {
			return nil, noHalf("a token of this flow's first step")
		}
		id, password = first.Person, first.Data[halfPassword]
		h.First = Proof{ACR: first.Data[halfACR], AMR: strings.Fields(first.Data[halfAMR]), Kind: first.Data[halfKind]}
		if h.Since, err = sinceOf(first.Data[halfSince]); err != nil {
			return nil, noHalf("a time that can be read")
		}
		if h.First.Until, err = sinceOf(first.Data[halfUntil]); err != nil {
			return nil, noHalf("a time that can be read")
		}
		if text := first.Data[halfUpstream]; text != "" && json.Unmarshal([]byte(text), &h.First.Upstream) != nil {
			return nil, noHalf("an upstream that can be read")
		}
		if text := first.Data[halfName]; text != "" {
			if h.First.Name, err = storage.ParseID(text); err != nil {
				return nil, noHalf("a name that can be read")
			}
		}
		h.doubted = first.Data[halfDoubted] != "false"
		if h.score, err = strconv.ParseFloat(first.Data[halfScore], 64); err != nil {
			h.doubted = true
		}
	case st.Current != nil:
		s := st.Current.Session
		id, password = s.Person, passwordTime(st.Current.Person)
		h.First, h.Since = Proof{ACR: s.ACR, AMR: s.AMR, Kind: "session", Until: s.ExpiresAt, Upstream: session.UpstreamOf(s)}, s.AuthTime
	default:
		return nil, noHalf("a proved first factor")
	}
	var err error
	if h.Person, err = m.d.Second.d.People.PersonByID(ctx, m.d.Tenant, id); err != nil {
		return nil, err
	}
	if h.Person.State != storage.PersonActive || passwordTime(h.Person) != password {
		return nil, noHalf("a person who has not changed since")
	}
	return h, nil
}

func noHalf(expected string) error {
	return errs.New(errs.NotFound, "The second step needs "+expected+".")
}

// passwordTime is in microseconds, as databases keep it.
func passwordTime(p *storage.Person) string {
	if p.PasswordChangedAt == nil {
		return ""
	}
	return strconv.FormatInt(p.PasswordChangedAt.UnixMicro(), 10)
}

func sinceText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func sinceOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, text)
}

// HalfOf opens the sign-in whose first factor is proved, for what belongs to no factor. errs.NotFound when there is none, errs.Invalid for a flow that does
// not open.
func (m *Module) HalfOf(c *gin.Context, sealed, token string) (*Half, error) {
	if m.d.Second == nil {
		return nil, noHalf("second factors")
	}
	st, err := m.Open(c, sealed)
	if err != nil {
		return nil, err
	}
	return m.half(c.Request.Context(), st, token)
}

func upstreamText(u session.Upstream) string {
	if u.Link.IsZero() {
		return ""
	}
	raw, err := json.Marshal(u)
	if err != nil {
		return "" // cannot happen: an id and bytes
	}
	return string(raw)
}
