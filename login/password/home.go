package password

import (
	"context"

	"github.com/jedan-auth/jedan-auth/web"
)

// atHome sends on whose identifier belongs to another service, with or without a password. Whether there is an account is not looked at.
func atHome(_ context.Context, m *Module, a *attempt) *refusal {
	const expected = "an identifier of this service"
	if a.identifier == "" || len(a.identifier) > maxIdentifier {
		return nil // "form" refuses
	}
	to, err := m.d.Steps.Home(a.c, a.step, a.identifier, true)
	if err != nil {
		return failed(expected, err)
	}
	if a.home = to; to == nil || a.local() || a.step.Proving() { // "local" judges
		return nil
	}
	return &refusal{as: answerHome, expected: expected, received: "one of another's"}
}

// localSignIn lets only those who administer this server sign in here although they belong elsewhere: they must be able to when the other service is away. Whose
// account is to be linked with the other service proves it here.
// A user name is no way round it: who has proved to be somebody whose address belongs elsewhere is led there.
func localSignIn(_ context.Context, m *Module, a *attempt) *refusal {
	const expected = "an administrator"
	may := a.person != nil && (a.person.Admin || a.step.Proves(a.person.ID))
	if a.home != nil && !may {
		return quietly(expected, "somebody whom another service signs in", "home")
	}
	if a.home != nil || a.quiet || a.elsewhere || a.person == nil {
		return nil
	}
	_, own := m.d.Steps.Display(a.person)
	to, err := m.d.Steps.Home(a.c, a.step, own, true)
	if err != nil {
		return failed(expected, err)
	}
	if a.home = to; to == nil || may {
		return nil
	}
	return &refusal{as: answerHome, expected: expected, received: "the name of somebody whom another service signs in"}
}

// local says that the page was asked for that leads nobody elsewhere.
func (a *attempt) local() bool { return a.form.Get("local") == "1" }

// knownElsewhere asks the directory, last of all: whoever is refused here already, as when no attempts are left, costs nobody an attempt there.
func knownElsewhere(ctx context.Context, m *Module, a *attempt) *refusal {
	const expected = "a directory that knows them"
	if !a.elsewhere || a.quiet {
		return nil
	}
	a.inquired = true
	if a.form.Has(fieldNew) {
		if r := m.changeElsewhere(ctx, a); r != nil {
			return r
		}
	}
	signIn, problem, err := m.d.Elsewhere.Check(ctx, a.step.Flow.Client, a.typed())
	switch {
	case err != nil:
		return failed(expected, err)
	case signIn != nil:
		a.signIn = signIn
	case problem == web.ProblemDirectoryChange:
		return &refusal{as: answerChange, expected: expected, received: "one that wants another password", reason: "elsewhere"}
	case problem != "":
		return &refusal{as: answerTold, expected: expected, received: "one that lets them not in", reason: "elsewhere", problem: problem}
	default:
		return quietly(expected, "none", "wrong")
	}
	return nil
}

// samePerson wants the person that the request is about, if it is about one. Only
// who has just proved to be somebody else learns of it. Whom a directory knows is
// looked at when it is clear who they are here.
func samePerson(_ context.Context, m *Module, a *attempt) *refusal {
	if a.quiet || a.signIn != nil {
		return nil
	}
	may, err := m.d.Steps.MayBe(a.c, a.step, a.person)
	if err != nil {
		return failed("the person whom the request names", err)
	}
	if !may {
		return &refusal{as: answerOther, expected: "the person whom the request names", received: "another", reason: "other_person"}
	}
	return nil
}
