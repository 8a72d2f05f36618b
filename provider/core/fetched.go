package core

import (
	"context"
	"time"
)

// Fetcher gets what clients publish at URLs of their own, through the one outbound client: addresses checked, no redirect, size and time bounded.
type Fetcher interface {
	Fetch(ctx context.Context, uri string, most int64) (*Fetched, error)
}

// Fetched is a document as its owner answered with it (status 200).
type Fetched struct {
	Body        []byte
	ContentType string        // as sent
	MaxAge      time.Duration // Cache-Control's, or negative if it says nothing
}
