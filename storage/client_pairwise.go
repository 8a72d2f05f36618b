package storage

// ClientPairwise is metadata about pairwise subject identifiers (OpenID Connect Registration section 5); subject_type is beside it.
type ClientPairwise struct {
	SectorIdentifierURI string `json:"sector_identifier_uri,omitempty"` // https URL of a list of redirect URIs; its host is the sector
}
