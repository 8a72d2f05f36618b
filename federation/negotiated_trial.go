package federation

import (
	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/web"
)

// testTicket asks an operator's browser for a ticket and shows what comes of it, or why it is not asked.
func (m *Module) testTicket(c *gin.Context, to *Ready, by Negotiator, ticket string) error {
	if err := m.asks(c, by); err != nil {
		return m.tested(c, to, ticket, nil, err)
	}
	token, sent := httpx.Negotiated(c.Request)
	if !sent {
		page := web.ConnectorTestPage{Connector: to.Row.Title, Name: to.Row.Name, Ticket: ticket, Outcome: web.TestRefused}
		page.Check, page.Expected, page.Received = "negotiate.ticket", "a ticket of the browser", "none"
		return m.showTrial(c, httpx.Negotiate(c), page)
	}
	n, err := m.accept(c, to, token)
	if err != nil {
		return m.tested(c, to, ticket, nil, err)
	}
	httpx.Answered(c, n.Answer)
	from, id, err := m.whoIs(c.Request.Context(), "", to, n)
	if err != nil {
		return m.tested(c, to, ticket, nil, err)
	}
	shown, rules := *from, *from.mapper // whose links and rules they are, but for the second factor, which is the other's to judge
	rules.mfa, shown.mapper, shown.Row.Title, shown.Row.Name = to.mapper.mfa, &rules, to.Row.Title, to.Row.Name
	return m.tested(c, &shown, ticket, id, nil)
}
