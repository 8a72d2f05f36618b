package core

import (
	"time"

	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
)

// IDTokenLife is how long the client's ID tokens count; usual is the server's own lifetime.
func (c *Client) IDTokenLife(usual time.Duration) time.Duration {
	return seconds(c.Metadata.IDTokenSeconds, usual)
}

// RefreshLife is how long after a grant its refresh tokens count, however often they are used.
func (c *Client) RefreshLife(usual time.Duration) time.Duration {
	return profiles.Shorter(seconds(c.Metadata.RefreshSeconds, usual), c.Demands.GrantMost)
}

// CodeLife is how long the client's codes can be redeemed.
func (c *Client) CodeLife(usual time.Duration) time.Duration {
	return profiles.Shorter(usual, c.Demands.CodeMost)
}

// PushedLife is how long its pushed requests may wait.
func (c *Client) PushedLife(usual time.Duration) time.Duration {
	return profiles.Shorter(usual, c.Demands.PushedMost)
}

func seconds(n int, usual time.Duration) time.Duration {
	if n > 0 {
		return time.Duration(n) * time.Second
	}
	return usual
}
