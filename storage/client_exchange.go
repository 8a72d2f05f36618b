package storage

// ClientExchange is metadata about tokens that are made of other tokens. Only an operator sets it.
type ClientExchange struct {
	TokenExchange *TokenExchangePolicy `json:"jedan_token_exchange,omitempty"`
	JWTBearer     *JWTBearerPolicy     `json:"jedan_jwt_bearer,omitempty"`
}

// TokenExchangePolicy says what a client may exchange (RFC 8693). The zero value allows nothing.
type TokenExchangePolicy struct {
	Impersonation  bool     `json:"impersonation,omitempty"`   // the new token says nothing of the client that asked for it
	Delegation     bool     `json:"delegation,omitempty"`      // the new token names who acts
	Audiences      []string `json:"audiences,omitempty"`       // resources that new tokens may be for
	SubjectClients []string `json:"subject_clients,omitempty"` // client_id of the clients whose access tokens it may exchange; its own always
	Issuers        []string `json:"issuers,omitempty"`         // other issuers, of the configuration, whose JWTs it may exchange
	Connectors     []string `json:"connectors,omitempty"`      // upstreams whose tokens of the person it may have
}

// JWTBearerPolicy says whose assertions a client may bring (RFC 7523 section 2.1). The zero value allows nothing.
type JWTBearerPolicy struct {
	Issuers []string `json:"issuers,omitempty"` // of the configuration
}
