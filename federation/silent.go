package federation

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// Silently is the page at which somebody is asked for upstream without a screen (prompt=none, IsPassive), below the issuer; "" when the sign-in page would lead them
// nowhere by itself.
func (r *Registry) Silently(ctx context.Context, clientID, hint string, ip netip.Addr) (string, error) {
	to, err := r.Home(ctx, Visitor{Client: clientID, Identifier: hint, IP: ip})
	if err != nil || to == nil {
		return "", err
	}
	return "/federation/" + to.Row.Name + "/start", nil
}

// quietly ends a silent sign-in that came to nothing: the application hears that somebody must sign in, and nobody sees a page. Others see err.
func (m *Module) quietly(c *gin.Context, t *trip, err error) error {
	if err == nil || !t.Wish.Silent || t.Flow == "" {
		return err
	}
	ctx := c.Request.Context()
	var no *Refusal
	if errors.As(err, &no) {
		verdict.Log(ctx, m.d.Log, "federation", []verdict.Verdict{verdict.Refuse(no.Check, no.Expected, no.Received)}, httpx.ErrorID(c))
	} else {
		m.d.Log.InfoContext(ctx, "a silent sign-in came to nothing", slog.Any("error", err))
	}
	return m.d.Flows.Nobody(c, t.Flow)
}
