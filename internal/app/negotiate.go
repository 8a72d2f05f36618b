package app

import (
	"github.com/gin-gonic/gin"
)

// negotiation shows the sign-in page what browsers say by themselves. The broker is made after the page.
type negotiation struct{ s *server }

// Asks implements login.Negotiation.
func (n negotiation) Asks(c *gin.Context, clientID string) (bool, error) {
	return n.s.federation.Negotiates(c, clientID)
}

// Accept implements login.Negotiation.
func (n negotiation) Accept(c *gin.Context, sealed string, token []byte) (done bool, err error) {
	return n.s.federation.Negotiate(c, sealed, token)
}
