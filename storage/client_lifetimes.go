package storage

// ClientLifetimes is metadata about how long tokens count; jedan_access_token_seconds is beside it. 0 is the server's own.
type ClientLifetimes struct {
	IDTokenSeconds int `json:"jedan_id_token_seconds,omitempty"`
	RefreshSeconds int `json:"jedan_refresh_token_seconds,omitempty"` // absolute end of a grant and its refresh tokens
}
