package storage

import (
	"context"
	"time"
)

// Participant is a client in which a person signed in during a session: it is told when the session ends.
type Participant struct {
	Client  *Client
	SID     ID     // as the client's ID tokens name the session (sid)
	Subject string // as the client knows the person
}

// Participants knows who takes part in sessions.
type Participants interface {
	// Participants are the clients that were granted openid in the session, by client, those included whose grants have ended or have been swept.
	Participants(ctx context.Context, tenant, session ID) ([]Participant, error)
	// DeleteExpiredParticipants forgets who took part in sessions that expired before the given time, at most about limit.
	DeleteExpiredParticipants(ctx context.Context, before time.Time, limit int) (int64, error)
}

// Farewell makes the messages to those whose sign-in has ended. A backend calls it within the transaction that ends sessions, or revokes grants on
// somebody's word, and writes the messages there. It must not read or write the database.
type Farewell func(tenant ID, gone []Participant) ([]*OutboxMessage, error)
