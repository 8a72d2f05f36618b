package core

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// Outbound is the one outbound client (fetch.Client): addresses checked, size and time bounded.
type Outbound interface {
	Documents
	Getter
}

// Getter asks once.
type Getter interface {
	Get(ctx context.Context, r fetch.Request) (*fetch.Response, error)
}
