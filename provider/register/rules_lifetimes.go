package register

import "context"

// maxRefreshSeconds is ten years.
const maxRefreshSeconds = 10 * 365 * 24 * 60 * 60

func checkLifetimes(_ context.Context, c candidate) error {
	if c.IDTokenSeconds < 0 || c.IDTokenSeconds > maxLifetime {
		return refuse("jedan_id_token_seconds", "must be from 1 to 86400, or 0 for the server's own lifetime")
	}
	if c.RefreshSeconds < 0 || c.RefreshSeconds > maxRefreshSeconds {
		return refuse("jedan_refresh_token_seconds", "must be from 1 to 315360000, or 0 for the server's own lifetime")
	}
	return nil
}
