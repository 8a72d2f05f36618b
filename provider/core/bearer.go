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

// tokenByte are the characters of b64token (RFC 6750 section 2.1), without the padding. A table, because which of its kinds the next character of a token is
// can't be foreseen.
var tokenByte = func() (t [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/") {
		t[c] = true
	}
	return t
}()

func b64token(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		if !tokenByte[body[i]] {
			return false
		}
	}
	return body != ""
}
