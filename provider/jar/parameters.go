package jar

import (
	"encoding/json"
	"net/url"
	"slices"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// jwtClaims are the JWT's own members; they are no parameters.
func jwtClaims() []string { return []string{"iss", "aud", "exp", "nbf", "iat", "jti", "sub"} }

// parameters turns an object's members into parameters: text as it is, numbers and truth values as JSON writes them, objects and arrays as JSON (claims,
// authorization_details), and an array of text for resource as that many values (RFC 9101 section 4).
func parameters(claims map[string]any) (url.Values, error) {
	out := url.Values{}
	for name, v := range claims {
		if v == nil || slices.Contains(jwtClaims(), name) {
			continue
		}
		values, ok := valuesOf(name, v)
		if !ok {
			return nil, core.InvalidRequestObject("A member of the request object has the wrong type.", "text, or JSON where the parameter is JSON", "another type")
		}
		out[name] = values
	}
	return out, nil
}

func valuesOf(name string, v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case json.Number:
		return []string{v.String()}, !isJSON(name)
	case bool:
		text, err := json.Marshal(v)
		return []string{string(text)}, err == nil && !isJSON(name)
	case []any:
		if name == "resource" {
			return texts(v)
		}
	}
	text, err := json.Marshal(v)
	return []string{string(text)}, err == nil && (isJSON(name) || unknown(name))
}

// isJSON names the parameters whose value is JSON.
func isJSON(name string) bool {
	return slices.Contains([]string{"claims", "authorization_details", "registration"}, name)
}

// unknown members may have any type: they are ignored (RFC 6749 section 3.1).
func unknown(name string) bool {
	return !slices.Contains([]string{
		"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "prompt",
		"max_age", "display", "ui_locales", "claims_locales", "login_hint", "id_token_hint", "acr_values", "resource", "dpop_jkt",
	}, name)
}

func texts(list []any) ([]string, bool) {
	out := make([]string, 0, len(list))
	for _, e := range list {
		s, ok := e.(string)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, len(out) > 0
}
