package storage

// ClientLogout is what a registration says of hearing that a session has ended: OpenID Connect Back-Channel Logout section 2.2 and Front-Channel Logout
// section 2. Both always get the session's id, required or not.
type ClientLogout struct {
	BackchannelLogoutURI     string `json:"backchannel_logout_uri,omitempty"`              // https URL that logout tokens are posted to
	BackchannelLogoutSession bool   `json:"backchannel_logout_session_required,omitempty"` // it needs sid in them
	FrontchannelLogoutURI    string `json:"frontchannel_logout_uri,omitempty"`             // https URL that the browser loads in a frame
	FrontchannelSession      bool   `json:"frontchannel_logout_session_required,omitempty"`
}
