package core

import (
	"net/url"
	"time"
)

// SignedRequest is what a client said in a JWT that it signed.
type SignedRequest struct {
	Params  url.Values
	ID      string    // jti
	Expires time.Time // exp
}
