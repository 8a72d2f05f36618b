package core

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Recipient finds the client that a message in the outbox is for, with the address that it is posted to now. A client that is gone, disabled or without
// an address gets nothing any more: the message is undeliverable.
func (c *Clients) Recipient(ctx context.Context, id storage.ID, address func(m *storage.ClientMetadata) string) (*Client, string, error) {
	client, err := c.ByRow(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil, "", Undeliverable("The client is not registered any more.")
	}
	if err != nil {
		return nil, "", err
	}
	to := address(&client.Metadata)
	if client.Disabled || to == "" {
		return nil, "", Undeliverable("The client is disabled, or has no address for this any more.")
	}
	return client, to, nil
}

// Delivered judges what a client's server answered to a message. One that fails or is busy, or cannot be reached, is asked again; whatever else it
// answers is final (redirects are not followed), and so is an address that must not be fetched from.
func Delivered(answer *fetch.Response, err error) error {
	switch {
	case errors.Is(err, fetch.ErrRefused):
		return outbox.Permanent(err)
	case err != nil || answer.OK():
		return err
	}
	failed := errs.New(errs.Unavailable, fmt.Sprintf("The client answered %d.", answer.Status))
	switch {
	case answer.Status >= http.StatusInternalServerError, answer.Status == http.StatusTooManyRequests, answer.Status == http.StatusRequestTimeout:
		return failed
	}
	return outbox.Permanent(failed)
}

// Undeliverable ends a message for good.
func Undeliverable(why string) error { return outbox.Permanent(errs.New(errs.Invalid, why)) }
