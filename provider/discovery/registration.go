package discovery

// registrations are the members about clients that bring their own metadata (RFC 7591, draft-ietf-oauth-client-id-metadata-document).
type registrations struct {
	Registration    string `json:"registration_endpoint,omitempty"`
	ClientDocuments bool   `json:"client_id_metadata_document_supported,omitempty"`
}

func (on Features) registrations(issuer string) registrations {
	r := registrations{ClientDocuments: on.Documents}
	if on.Registration {
		r.Registration = issuer + "/oauth2/register"
	}
	return r
}
