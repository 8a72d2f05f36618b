package storage

// ClientForward says what a reverse proxy in front of an application asks for.
type ClientForward struct {
	// Forward is set for an application whose reverse proxy asks about every request (/forward-auth). nil: none.
	Forward *ForwardAuth `json:"jedan_forward_auth,omitempty"`
}

// ForwardAuth is an application behind a reverse proxy.
type ForwardAuth struct {
	Hosts   []string          `json:"hosts"`             // host[:port], small letters, each one application's
	Source  string            `json:"source,omitempty"`  // which headers say what was asked for: forwarded (X-Forwarded-*, the default) or original_url (X-Original-URL)
	Rules   []ForwardRule     `json:"rules,omitempty"`   // the first that fits counts; none: whoever may use the client
	Headers map[string]string `json:"headers,omitempty"` // header to claim; empty: Remote-User, Remote-Email, Remote-Name and Remote-Groups
}

// ForwardRule is about some of its paths.
type ForwardRule struct {
	Path    string   `json:"path"`              // with a closing slash everything below it, else exactly that path
	Methods []string `json:"methods,omitempty"` // empty: all
	Public  bool     `json:"public,omitempty"`  // nobody need sign in
	Groups  []string `json:"groups,omitempty"`  // one of which they must be in
}
