package register

import (
	"errors"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Error codes of RFC 7591 section 3.2.2.
const (
	CodeRedirectURI = "invalid_redirect_uri"
	CodeMetadata    = "invalid_client_metadata"
)

// Problem is the rule that a registration breaks. It never repeats a value: those may hold control characters, or a secret.
type Problem struct {
	Code   string // of RFC 7591 section 3.2.2
	Member string // such as redirect_uris[1]
	Rule   string // what the member must be, such as "must not have a fragment"
}

// Error is the sentence that names member and rule.
func (p *Problem) Error() string { return p.Member + " " + p.Rule + "." }

// AsProblem finds the broken rule behind an error of this package.
func AsProblem(err error) (*Problem, bool) { return errors.AsType[*Problem](err) }

// refuse returns nil for an empty rule, so that judges can hand on what they found.
func refuse(member, rule string) error { return problem(CodeMetadata, member, rule) }

func problem(code, member, rule string) error {
	if rule == "" {
		return nil
	}
	p := &Problem{Code: code, Member: member, Rule: rule}
	return errs.Wrap(errs.Invalid, p.Error(), p)
}
