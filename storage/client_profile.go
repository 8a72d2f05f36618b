package storage

// ClientProfile puts a client under a profile.
type ClientProfile struct {
	Profile string `json:"profile,omitempty"` // oauth2.1, fapi1-advanced, fapi2-security, fapi2-message-signing, fapi-ciba or mcp; empty: the server's own, if any

	// Denied are the members that a registration says are false, as it was read. It is not stored: a profile must not quietly switch on what somebody
	// switched off.
	Denied []string `json:"-"`
}
