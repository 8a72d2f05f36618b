package core

import (
	"net/http"
	"strings"
)

// Bearer returns the token of the one Authorization header, or "" if there is none. The scheme is matched without regard to case, then exactly
// one space and a b64token (RFC 6750 section 2.1); anything else is refused the same way on every route (TK42).
func Bearer(h http.Header) (string, error) {
	scheme, token, err := Authorization(h)
	if err == nil && scheme == TypeDPoP {
		return "", notOneToken()
	}
	return token, err
}

// Authorization is Bearer where tokens that are bound to a key are taken too: the scheme is TypeBearer or TypeDPoP (RFC 9449 section 7.1), or "".
func Authorization(h http.Header) (scheme, token string, err error) {
	values := h["Authorization"]
	if len(values) == 0 {
		return "", "", nil
	}
	if len(values) > 1 {
		return "", "", InvalidRequest("More than one Authorization header.", "one Authorization header", "several")
	}
	name, token, ok := strings.Cut(values[0], " ")
	for _, scheme := range []string{TypeBearer, TypeDPoP} {
		if ok && strings.EqualFold(name, scheme) && b64token(token) {
			return scheme, token, nil
		}
	}
	return "", "", notOneToken()
}

func notOneToken() error {
	return InvalidRequest("The Authorization header is not one bearer token.", "Bearer, one space, one token", "another header")
}

func b64token(s string) bool {
	body := strings.TrimRight(s, "=")
	if body == "" {
		return false
	}
	for _, c := range []byte(body) {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~+/", c) >= 0
		if !ok {
			return false
		}
	}
	return true
}
