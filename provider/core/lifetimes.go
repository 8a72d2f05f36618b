package core

import "time"

// IDTokenLife is how long the client's ID tokens count; usual is the server's own lifetime.
func (c *Client) IDTokenLife(usual time.Duration) time.Duration {
	return seconds(c.Metadata.IDTokenSeconds, usual)
}

// RefreshLife is how long after a grant its refresh tokens count, however often they are used.
func (c *Client) RefreshLife(usual time.Duration) time.Duration {
	return seconds(c.Metadata.RefreshSeconds, usual)
}

func seconds(n int, usual time.Duration) time.Duration {
	if n > 0 {
		return time.Duration(n) * time.Second
	}
	return usual
}
