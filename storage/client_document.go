package storage

// ClientDocument marks clients whose metadata is a document at their client_id (Client ID Metadata Documents).
type ClientDocument struct {
	Described bool `json:"jedan_described,omitempty"` // the row is what the document said when somebody last authorized the client
}
