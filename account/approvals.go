package account

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const approvalsPath = "/account/approvals"

// listApprovals shows what waits for who is signed in.
func (m *Module) listApprovals(c *gin.Context) error {
	cur, done, err := m.signedIn(c, approvalsPath)
	if done || err != nil {
		return err
	}
	waiting, err := m.d.Approvals.Approvals(c.Request.Context(), cur)
	if err != nil {
		return err
	}
	page := web.ApprovalsPage{Lang: m.lang(c)}
	for _, a := range waiting {
		page.Rows = append(page.Rows, web.ApprovalRow{ID: a.ID.String(), ClientName: a.ClientName, Message: a.Message, At: a.At})
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, page)
	return nil
}

// showApproval says who asks for what. With again it lets the person sign in once more, for a request that wants a stronger sign-in.
func (m *Module) showApproval(c *gin.Context) error {
	id, err := storage.ParseID(c.Param("id"))
	if err != nil {
		return errs.New(errs.NotFound, "")
	}
	back := approvalsPath + "/" + id.String()
	cur, done, err := m.signedIn(c, back)
	if done || err != nil {
		return err
	}
	a, err := m.d.Approvals.Approval(c.Request.Context(), cur, id)
	if errs.Is(err, errs.NotFound) {
		return m.approvalOver(c)
	}
	if err != nil {
		return err
	}
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	if a.Weak && query.Has("again") {
		return m.signIn(c, back, url.Values{"prompt": {"login"}})
	}
	return m.approvalPage(c, cur, a)
}

func (m *Module) approvalPage(c *gin.Context, cur *session.Current, a *Approval) error {
	token, err := m.d.Forms.Token(c, approvalPurpose(cur, a.ID))
	if err != nil {
		return err
	}
	name, identifier := m.d.Directory.Display(cur.Person)
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, web.ApprovalPage{
		Lang: m.lang(c), CSRF: token, ID: a.ID.String(), ClientName: a.ClientName, ClientHost: a.Host, Verified: a.Verified, Message: a.Message,
		Scopes: a.Scopes, From: a.From, At: a.At, Until: a.Until, Weak: a.Weak, Person: name, PersonIdentifier: identifier, PolicyURI: a.PolicyURI,
		TosURI: a.TosURI,
	})
	return nil
}

// decideApproval takes the answer to what was shown in this session.
func (m *Module) decideApproval(c *gin.Context) error {
	form, err := httpx.Form(c, "scope")
	if err != nil {
		return err
	}
	id, err := storage.ParseID(c.Param("id"))
	if err != nil {
		return errs.New(errs.NotFound, "")
	}
	cur, done, err := m.signedIn(c, approvalsPath+"/"+id.String())
	if done || err != nil {
		return err
	}
	if err := m.d.Forms.Check(c, approvalPurpose(cur, id), form); err != nil {
		return err
	}
	decision := form.Get("decision")
	if decision != "allow" && decision != "deny" {
		return errs.New(errs.Invalid, "Choose to allow or to cancel.")
	}
	return m.answer(c, cur, id, decision == "allow", form["scope"])
}

func (m *Module) answer(c *gin.Context, cur *session.Current, id storage.ID, allow bool, on []string) error {
	ctx := c.Request.Context()
	a, err := m.d.Approvals.Approval(ctx, cur, id)
	if errs.Is(err, errs.NotFound) {
		return m.approvalOver(c)
	}
	if err != nil {
		return err
	}
	decided, err := m.d.Approvals.Decide(ctx, cur, id, allow, on)
	if err == nil && !decided || errs.Is(err, errs.NotFound) {
		return m.approvalOver(c)
	}
	if err != nil {
		return err
	}
	m.d.Pages.Render(c.Writer, c.Request, http.StatusOK, web.ApprovalDonePage{Lang: m.lang(c), ClientName: a.ClientName, Allowed: allow})
	return nil
}

// approvalOver says that a request does not wait any more, whatever became of it.
func (m *Module) approvalOver(c *gin.Context) error {
	m.d.Pages.Render(c.Writer, c.Request, http.StatusNotFound, web.ApprovalDonePage{Lang: m.lang(c), Over: true})
	return nil
}

// approvalPurpose binds the form to the session and to the request that was shown.
func approvalPurpose(cur *session.Current, id storage.ID) string {
	return "account approval " + cur.Session.ID.String() + " " + id.String()
}
