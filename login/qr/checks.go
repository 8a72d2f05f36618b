package qr

import (
	"context"
	"crypto/subtle"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
)

// row is one rule. What it received says nothing of link or number.
type row = verdict.Row[*try]

// tables are the checks of a link that a phone brings, of the session that is to speak for its person, of the number that is entered, and of the browser that
// completes the sign-in, in order.
type tables struct{ link, session, allow, use []row }

const reasonNumber = "number"

func rows() tables {
	return tables{
		link: []row{
			{Name: "qr_link.known", Reason: "no_link", Check: knownLink},
			{Name: "qr_link.secret", Reason: "no_link", Check: itsSecret},
			{Name: "qr_link.waits", Reason: "over", Check: stillWaits},
			{Name: "qr_link.own", Reason: "other_phone", Check: nobodyElses},
		},
		session: []row{
			{Name: "qr_session.fresh", Check: provedLately},
			{Name: "qr_session.newer", Check: provedSince},
			{Name: "qr_session.own", Check: provedHere},
		},
		allow: []row{
			{Name: "qr_allow.number", Reason: reasonNumber, Check: rightNumber},
			{Name: "qr_allow.once", Reason: "over", Check: approvedOnce},
		},
		use: []row{
			{Name: "qr_use.person", Reason: "not_active", Check: itsPerson},
			{Name: "qr_use.hinted", Reason: "other_person", Check: hintedPerson},
			{Name: "qr_use.once", Reason: "spent", Check: spentOnce},
		},
	}
}

// judge applies tables one after the other. reason is empty when all rows passed; which one refused is in the log.
func (m *Module) judge(a *try, all ...[]row) (reason string, err error) {
	refused, err := verdict.Judge(a.c.Request.Context(), m.d.Logger, "sign-in by phone", httpx.ErrorID(a.c), a, all...)
	if refused != nil {
		reason = refused.Reason
	}
	return reason, err
}

// knownLink wants a link of ours.
func knownLink(ctx context.Context, a *try) (expected, received string, err error) {
	id, link, ok := parse(a.token)
	if !ok {
		return "a link of ours", "another form", nil
	}
	if a.row, err = a.m.d.Store.QRByID(ctx, a.m.d.Steps.Tenant(), id); err != nil {
		return "a link of ours", "", err
	}
	a.link = link
	return "a link of ours", "", a.unseal()
}

// itsSecret wants the whole link: the id alone is no secret.
func itsSecret(_ context.Context, a *try) (expected, received string, err error) {
	if subtle.ConstantTimeCompare(a.secret.Link, a.link) != 1 {
		received = "another"
	}
	return "the link's secret", received, nil
}

// stillWaits wants one that can still be answered.
func stillWaits(_ context.Context, a *try) (expected, received string, err error) {
	switch {
	case !a.m.d.Now().Before(a.row.ExpiresAt):
		received = "an expired one"
	case a.row.State != storage.QROpen && a.row.State != storage.QRSeen:
		received = string(a.row.State)
	}
	return "one that waits", received, nil
}

// nobodyElses wants one that nobody has opened, or this person.
func nobodyElses(_ context.Context, a *try) (expected, received string, err error) {
	if !a.row.Person.IsZero() && a.row.Person != a.cur.Person.ID {
		received = "another's"
	}
	return "one that is nobody's, or this person's", received, nil
}

// provedLately wants a session that was proved not long ago. One that is doubted was proved long ago.
func provedLately(_ context.Context, a *try) (expected, received string, err error) {
	if a.m.d.Now().Sub(a.cur.Session.AuthTime) > a.m.c.Fresh {
		received = "an older one, or a doubted session"
	}
	return "a sign-in not long ago", received, nil
}

// provedSince wants one that was proved after what wants a new sign-in began (AZ26).
func provedSince(_ context.Context, a *try) (expected, received string, err error) {
	if a.cur.Session.AuthTime.Before(a.asker.After) {
		received = "an older one"
	}
	return "a sign-in that is newer than the request", received, nil
}

// provedHere wants one that does not itself stand on another device's word.
func provedHere(_ context.Context, a *try) (expected, received string, err error) {
	if slices.Contains(a.cur.Session.AMR, assurance.Channel) {
		received = "another device's word"
	}
	return "a sign-in on this device", received, nil
}

// rightNumber wants the number that the browser shows. There is one try: whoever refuses ends it.
func rightNumber(_ context.Context, a *try) (expected, received string, err error) {
	if !a.secret.numbered(a.number) {
		received = "another"
	}
	return "the number that the other device shows", received, nil
}

// approvedOnce approves in one statement: of many answers at once one counts.
func approvedOnce(ctx context.Context, a *try) (expected, received string, err error) {
	cmd, err := a.move(true)
	if err != nil {
		return "", "", err
	}
	done, err := a.m.d.Store.ApproveQR(ctx, cmd, a.event(ctx, audit.QRApprove, audit.Notice, audit.Success, ""))
	if err == nil && !done {
		received = "one that is over"
	}
	return "one that waits, in a session that lives", received, err
}

// itsPerson wants an account that may sign in.
func itsPerson(ctx context.Context, a *try) (expected, received string, err error) {
	a.person, err = a.m.d.People.PersonByID(ctx, a.m.d.Steps.Tenant(), a.row.Person)
	if err == nil && a.person.State != storage.PersonActive {
		received = string(a.person.State)
	}
	return "an active account", received, err
}

// hintedPerson wants whom the request is about, if it is about somebody (AZ27): what anybody else has allowed stays unspent.
func hintedPerson(_ context.Context, a *try) (expected, received string, err error) {
	may, err := a.m.d.Steps.MayBe(a.c, a.step, a.person)
	if err == nil && !may {
		received = "another"
	}
	return "whom the request is about", received, err
}

// spentOnce uses what was approved: of many at once one does.
func spentOnce(ctx context.Context, a *try) (expected, received string, err error) {
	done, err := a.m.d.Store.SpendQR(ctx, a.row.Tenant, a.row.ID, a.step.Flow.ID, a.m.d.Now(), a.event(ctx, audit.QRUse, audit.Info, audit.Success, ""))
	if err == nil && !done {
		received = "one that is not approved, or is spent"
	}
	return "an approved one", received, err
}
