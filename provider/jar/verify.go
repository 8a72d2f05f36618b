package jar

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

func verify(_ context.Context, c *core.Client, token string, algs []string) (keys.Header, []byte, error) {
	return keys.VerifyWith(c.JWKS, token, algs)
}
