package required

import (
	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/storage"
)

// row is one action: whether it is due, and its page. It has the name of the field action of its form, with the package's before it.
type row struct {
	name string
	due  func(r *Rules, p *storage.Person, own directory.Claims) bool
	show func(m *Module, v *visit) error
	take func(m *Module, v *visit) error
}

// Rows that ask for nothing which protects the account.
const (
	AcceptTerms     = "required.accept_terms"
	CompleteProfile = "required.complete_profile"
)

// rows is the table of what may be asked of a person, in the order in which it is. An account that somebody else has the password of comes first: the rest
// is for its owner.
func rows() []row {
	return []row{
		{"required.change_password", passwordDue, showPassword, takePassword},
		{"required.verify_email", emailDue, showEmail, takeEmail},
		{"required.add_email", addressDue, showAddress, takeAddress},
		{"required.accept_terms", termsDue, showTerms, takeTerms},
		{"required.complete_profile", profileDue, showProfile, takeProfile},
	}
}

// Rules decide what is due, over a person's stored row and the configuration alone.
type Rules struct {
	Terms       Terms
	VerifyEmail bool // everybody's address must be proved
	People      Opener
	Attributes  *attributes.Set
}

// Opener opens profiles.
type Opener interface {
	Claims(p *storage.Person) (directory.Claims, error)
}

// Open lists the actions that are due, in order; none: the person may go on. What cannot be judged is an error, and nobody goes on by an error.
func (r *Rules) Open(p *storage.Person) ([]string, error) {
	due, err := r.open(p)
	names := make([]string, len(due))
	for i, d := range due {
		names[i] = d.name
	}
	return names, err
}

func (r *Rules) open(p *storage.Person) ([]row, error) {
	own := directory.Claims{}
	if r.VerifyEmail || len(p.Required) > 0 || len(r.Attributes.Those(attributes.Attribute.Needed)) > 0 { // only then is anything of the profile asked for
		var err error
		if own, err = r.People.Claims(p); err != nil {
			return nil, err
		}
	}
	var due []row
	for _, a := range rows() {
		if a.due(r, p, own) {
			due = append(due, a)
		}
	}
	return due, nil
}

func passwordDue(_ *Rules, p *storage.Person, _ directory.Claims) bool {
	return p.Required.Has(storage.RequireChangePassword)
}

// emailDue asks nobody who has no address: there is nothing to prove.
func emailDue(r *Rules, p *storage.Person, own directory.Claims) bool {
	return (r.VerifyEmail || p.Required.Has(storage.RequireVerifyEmail)) && own.String("email") != "" && !own.Bool("email_verified")
}

func termsDue(r *Rules, p *storage.Person, _ directory.Claims) bool {
	return r.Terms.Version != "" && p.TermsVersion != r.Terms.Version
}
