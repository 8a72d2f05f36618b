package authorize

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// responseLifetime is how long a signed response counts (JARM section 2.1 recommends 10 minutes at most). The code in it ends sooner.
const responseLifetime = 5 * time.Minute

// signed makes the one parameter of a JARM response: the parameters as claims of a JWT, signed, and encrypted where the client wants that.
func (e *Endpoint) signed(ctx context.Context, c *core.Client, params url.Values) (url.Values, error) {
	claims := make(map[string]any, len(params)+3)
	for name := range params {
		claims[name] = params.Get(name)
	}
	claims["iss"], claims["aud"], claims["exp"] = e.Issuer, c.ClientID, e.Now().Add(responseLifetime).Unix()
	body, err := json.Marshal(claims)
	if err != nil {
		return nil, err
	}
	token, err := e.Signer.Sign(c.ResponseAlg(), "JWT", body)
	if err != nil {
		return nil, err
	}
	if token, err = c.ResponseEncryption().Nest(ctx, c, token); err != nil {
		return nil, err
	}
	return url.Values{"response": {token}}, nil
}
