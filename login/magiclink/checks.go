package magiclink

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/onetime"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
	"github.com/jedan-auth/jedan-auth/storage"
)

// row is one rule. What it received says nothing of link or code.
type row = verdict.Row[*try]

// tables are the checks of a link that is looked at, of a code that is typed, and of the use of either, in order.
type tables struct{ link, code, use []row }

func rows() tables {
	return tables{
		link: []row{
			{Name: "mail_link.link", Reason: "no_link", Check: knownLink},
			{Name: "mail_link.person", Reason: "not_active", Check: itsPerson},
			{Name: "mail_link.bound", Reason: "wrong", Check: sentLink},
			{Name: "mail_link.browser", Reason: "elsewhere", Check: sameBrowser},
		},
		code: []row{
			{Name: "mail_code.tries", Reason: "no_code", Check: countedTry},
			{Name: "mail_code.person", Reason: "not_active", Check: itsPerson},
			{Name: "mail_code.code", Reason: "wrong", Check: sentCode},
		},
		use: []row{
			{Name: "mail_use.hinted", Reason: "other_person", Check: hintedPerson},
			{Name: "mail_use.once", Reason: "spent", Check: unspent},
		},
	}
}

// judge applies tables one after the other. reason is empty when all rows passed; which one refused is in the log.
func (m *Module) judge(a *try, all ...[]row) (reason string, err error) {
	a.m = m
	refused, err := verdict.Judge(a.c.Request.Context(), m.d.Logger, "sign-in by mail", httpx.ErrorID(a.c), a, all...)
	if refused != nil {
		reason = refused.Reason
	}
	return reason, err
}

// knownLink wants a link that was sent, is the newest, unused and not too old.
func knownLink(ctx context.Context, a *try) (expected, received string, err error) {
	a.code, err = a.m.d.Codes.Find(ctx, purpose, a.token)
	return "a link that stands", "", err
}

// countedTry wants a code that stands for this sign-in, and counts the try before it is judged (MF07).
func countedTry(ctx context.Context, a *try) (expected, received string, err error) {
	a.code, err = a.m.d.Codes.Try(ctx, purpose, a.step.Flow.ID, storage.ID{})
	return "a code that stands, and tries left", "", err
}

// itsPerson wants an account that may sign in.
func itsPerson(ctx context.Context, a *try) (expected, received string, err error) {
	a.person, err = a.m.d.People.PersonByID(ctx, a.m.d.Steps.Tenant(), a.code.Person)
	if err == nil && a.person.State != storage.PersonActive {
		received = string(a.person.State)
	}
	return "an active account", received, err
}

// sentLink wants the token that was sent, and password and address as they were then.
func sentLink(_ context.Context, a *try) (expected, received string, err error) {
	if !a.m.d.Codes.Linked(a.code, a.token, onetime.Bound(a.person)) {
		received = "another token, or a changed account"
	}
	return "the token that was sent, for the account as it was", received, nil
}

// sentCode wants the code that was sent, and password and address as they were then.
func sentCode(_ context.Context, a *try) (expected, received string, err error) {
	if !a.m.d.Codes.Typed(a.code, a.typed, onetime.Bound(a.person)) {
		received = "another code, or a changed account"
	}
	return "the code that was sent, for the account as it was", received, nil
}

// sameBrowser wants the browser that asked, with its sign-in still open (PW19).
func sameBrowser(_ context.Context, a *try) (expected, received string, err error) {
	sealed, err := a.m.d.Codes.Data(a.code)
	if err != nil {
		return "", "", err
	}
	a.step, err = a.m.d.Steps.Open(a.c, string(sealed))
	if errs.Is(err, errs.Invalid) {
		a.elsewhere, received, err = true, "another", nil
	}
	return "the browser that asked", received, err
}

// hintedPerson wants whom the request is about, if it is about somebody (AZ27): the code of anybody else stays unspent.
func hintedPerson(_ context.Context, a *try) (expected, received string, err error) {
	may, err := a.m.d.Steps.MayBe(a.c, a.step, a.person)
	if err == nil && !may {
		received = "another"
	}
	return "whom the request is about", received, err
}

// unspent spends the code: of many at once one does.
func unspent(ctx context.Context, a *try) (expected, received string, err error) {
	done, err := a.m.d.Codes.Spend(ctx, a.code.ID, nil)
	if err == nil && !done {
		received = "a spent one"
	}
	return "an unused code", received, err
}
