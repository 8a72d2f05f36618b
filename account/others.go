package account

import (
	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/session"
)

// What pages of other factors need to know of who is signed in.

// SignedIn is the current session. done says that the browser was sent to sign in and will come back.
func (m *Module) SignedIn(c *gin.Context, back string) (cur *session.Current, done bool, err error) {
	return m.signedIn(c, back)
}

// Strengthen makes the session one of two factors, as old as its first: the other one was proved just now.
func (m *Module) Strengthen(c *gin.Context, cur *session.Current, method string) error {
	return m.strengthen(c, cur, method)
}
