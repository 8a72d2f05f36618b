package federation

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// Unsound says that what an upstream publishes of itself is not what it must be. That is no word about anybody who signs in: the kinds return it inside
// errs.Unavailable, so that the upstream is away until it mends that, and the log names the row.
type Unsound struct {
	Check    string // row of a table, such as oidc_discovery.issuer
	Expected string
	Received string
}

// Error is for the log.
func (u *Unsound) Error() string {
	return "federation: " + u.Check + ": expected " + u.Expected + ", received " + u.Received
}

// unsound logs the row under the number that the person sees, and returns the error.
func (m *Module) unsound(c *gin.Context, err error) error {
	if u, is := errors.AsType[*Unsound](err); is {
		verdict.Log(c.Request.Context(), m.d.Log, "federation", []verdict.Verdict{verdict.Refuse(u.Check, u.Expected, u.Received)}, httpx.ErrorID(c))
	}
	return err
}
