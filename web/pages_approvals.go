package web

import (
	"strconv"
	"time"
)

// ApprovalRow is one request in the list of those that wait for a person.
type ApprovalRow struct {
	ID         string // the end of its page's address
	ClientName string
	Message    string
	At         time.Time
}

// ApprovalsPage lists what waits for a person's approval: {base}/account/approvals.
type ApprovalsPage struct {
	Lang string
	Rows []ApprovalRow
}

func (p ApprovalsPage) spec() spec {
	return spec{template: "approvals", lang: p.Lang, title: msg("approvals.title"), self: "/account/approvals", section: "approvals"}
}

// ApprovalPage asks for the approval of one request: POST {base}/account/approvals/{ID} with decision=allow or deny, scope once for each optional scope
// that is on, and csrf. A Weak one leads to ?again=1 first.
type ApprovalPage struct {
	Lang       string
	CSRF       string
	ID         string
	ClientName string
	ClientHost string
	Verified   bool
	Message    string // to compare with what the application shows; "" if there is none
	Scopes     []ConsentScope
	From       string // address of who asked; "" if unknown
	At, Until  time.Time
	Weak       bool // the application asks for a stronger sign-in

	Person           string
	PersonIdentifier string
	PolicyURI        string
	TosURI           string
}

func (p ApprovalPage) spec() spec {
	return spec{
		template: "approval", lang: p.Lang, title: msg("approval.title"), client: p.ClientName, self: "/account/approvals/" + p.ID,
		policy: p.PolicyURI, terms: p.TosURI, section: "approvals",
	}
}

// Required are the scopes without a choice.
func (p ApprovalPage) Required() []ConsentScope { return pick(p.Scopes, false) }

// Choices are the optional scopes.
func (p ApprovalPage) Choices() []ConsentScope { return pick(p.Scopes, true) }

// ApprovalDonePage says what became of a request.
type ApprovalDonePage struct {
	Lang       string
	ClientName string
	Allowed    bool
	Over       bool // it does not wait any more: too late, or answered before
}

func (p ApprovalDonePage) spec() spec {
	title := "approval_done.denied"
	switch {
	case p.Over:
		title = "approval_done.over"
	case p.Allowed:
		title = "approval_done.allowed"
	}
	return spec{template: "approval_done", lang: p.Lang, title: msg(title), client: p.ClientName, section: "approvals"}
}

// Lead is the sentence below the title.
func (p ApprovalDonePage) Lead(v *view) string {
	switch {
	case p.Over:
		return v.T("approval_done.over.lead")
	case p.Allowed:
		return v.T("approval_done.allowed.lead", "client", v.Client())
	}
	return v.T("approval_done.denied.lead")
}

// Waiting is the link to what waits, on the start page; "" when nothing does.
func (p HomePage) Waiting(v *view) string {
	switch p.Approvals {
	case 0:
		return ""
	case 1:
		return v.T("home.approvals.one")
	}
	return v.T("home.approvals.other", "n", strconv.Itoa(p.Approvals))
}
