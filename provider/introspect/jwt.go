package introspect

import (
	"cmp"
	"context"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// RFC 9701 section 5.
const (
	jwtType   = "token-introspection+jwt"
	mediaType = "application/" + jwtType
)

// wantsJWT reports whether a request prefers the answer as a JWT (RFC 9701 section 4).
func wantsJWT(h http.Header) bool {
	lines := h["Accept"]
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, jwtType) }) { // nearly every request
		return false
	}
	jwt, json := 0.0, 0.0
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			name, params, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			switch name {
			case mediaType:
				jwt = max(jwt, quality(params))
			case "application/json":
				json = max(json, quality(params))
			}
		}
	}
	return jwt > 0 && jwt >= json
}

func quality(params map[string]string) float64 {
	q, ok := params["q"]
	if !ok {
		return 1
	}
	f, err := strconv.ParseFloat(q, 64)
	if err != nil || f < 0 || f > 1 {
		return 0
	}
	return f
}

// jwt signs an answer for the client that asked, and encrypts it where its registration says so. The answer is one claim of it, and the type is none
// that any other JWT of ours has, so that it is never taken for an access token (RFC 9701 section 8.1).
func (e *Endpoint) jwt(ctx context.Context, c *core.Client, answer []byte) ([]byte, error) {
	b := core.AppendString(append(make([]byte, 0, len(answer)+256), `{"iss":`...), e.Issuer)
	b = core.AppendString(append(b, `,"aud":`...), c.ClientID)
	b = strconv.AppendInt(append(b, `,"iat":`...), e.Now().Unix(), 10)
	b = append(append(append(b, `,"token_introspection":`...), answer...), '}')
	token, err := e.Signer.Sign(cmp.Or(c.Metadata.IntrospectionSignedRespAlg, "RS256"), jwtType, b)
	if err != nil {
		return nil, err
	}
	token, err = c.IntrospectionEncryption().Nest(ctx, c, token)
	return []byte(token), err
}
