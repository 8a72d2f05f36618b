package discovery

// logouts is the metadata of hearing that a session has ended: OpenID Connect Back-Channel Logout section 2.1, Front-Channel Logout section 3, and
// Session Management section 3.3.
type logouts struct {
	BackchannelLogout   bool   `json:"backchannel_logout_supported"`
	BackchannelSession  bool   `json:"backchannel_logout_session_supported"`
	FrontchannelLogout  bool   `json:"frontchannel_logout_supported"`
	FrontchannelSession bool   `json:"frontchannel_logout_session_supported"`
	CheckSession        string `json:"check_session_iframe,omitempty"`
}

func (f Features) logouts(issuer string) logouts {
	l := logouts{BackchannelLogout: true, BackchannelSession: true, FrontchannelLogout: true, FrontchannelSession: true}
	if f.CheckSession {
		l.CheckSession = issuer + "/oauth2/check_session"
	}
	return l
}
