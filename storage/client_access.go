package storage

// ClientAccess says who may use a client.
type ClientAccess struct {
	// Allowed lists "group:NAME" and "person:SUB". Absent means everybody, and an empty list nobody: whoever is erased must not open a client to all.
	Allowed []string `json:"jedan_allowed,omitzero"`
}
