package errs

import (
	"net/http"
)

// Code names a kind of failure. It is stable: clients and logs may match on it.
type Code string

// The kinds of failure, each with the HTTP status that Status gives it.
const (
	Invalid              Code = "invalid"                // 400: the request is malformed or breaks a rule
	Unauthenticated      Code = "unauthenticated"        // 401: nobody proved who they are
	Forbidden            Code = "forbidden"              // 403: known, and not allowed
	NotFound             Code = "not_found"              // 404: no such thing, or none that may be seen
	MethodNotAllowed     Code = "method_not_allowed"     // 405
	Conflict             Code = "conflict"               // 409: a duplicate, or a lost race
	TooLarge             Code = "too_large"              // 413
	UnsupportedMediaType Code = "unsupported_media_type" // 415
	Misdirected          Code = "misdirected"            // 421: a Host that is not this issuer's (RFC 9110 §15.5.20)
	Throttled            Code = "throttled"              // 429: this caller asks too often (RFC 6585 §4)
	Unavailable          Code = "unavailable"            // 503: try again later; nothing was decided
	Internal             Code = "internal"               // 500: our fault
)

// Status is the HTTP status of the code; an unknown code is 500.
func (c Code) Status() int {
	switch c {
	case Invalid:
		return http.StatusBadRequest
	case Unauthenticated:
		return http.StatusUnauthorized
	case Forbidden:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case Conflict:
		return http.StatusConflict
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case UnsupportedMediaType:
		return http.StatusUnsupportedMediaType
	case Misdirected:
		return http.StatusMisdirectedRequest
	case Throttled:
		return http.StatusTooManyRequests
	case Unavailable:
		return http.StatusServiceUnavailable
	case Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}
