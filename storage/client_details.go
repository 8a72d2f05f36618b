package storage

// ClientDetails is metadata about authorization details (RFC 9396 section 10).
type ClientDetails struct {
	DetailTypes []string `json:"authorization_details_types,omitempty"` // those that the client may ask for
}
