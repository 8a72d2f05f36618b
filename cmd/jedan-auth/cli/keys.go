package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) keys() *cobra.Command {
	return group("keys", "Signing keys: list, rotate, export-jwks", c.keysList(), c.keysRotate(), c.keysExport())
}

// keyView is a signing key as it is printed, without its private half.
type keyView struct {
	KeyID       string     `json:"kid"`
	Algorithm   string     `json:"alg"`
	State       string     `json:"state"` // waiting, signing, retired, revoked
	CreatedAt   time.Time  `json:"created_at"`
	ActivatesAt time.Time  `json:"activates_at"`
	RetiresAt   *time.Time `json:"retires_at,omitempty"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty"`
	RevokedAt   *time.Time `json:"revoked_at,omitempty"`
}

func viewOfKey(k *storage.SigningKey, now time.Time) keyView {
	return keyView{
		KeyID: k.KeyID, Algorithm: k.Algorithm, State: keyState(k, now), CreatedAt: moment(k.CreatedAt), ActivatesAt: moment(k.ActivatesAt),
		RetiresAt: utc(k.RetiresAt), ExpiresAt: utc(k.ExpiresAt), RevokedAt: utc(k.RevokedAt),
	}
}

func keyState(k *storage.SigningKey, now time.Time) string {
	switch {
	case k.RevokedAt != nil:
		return "revoked"
	case now.Before(k.ActivatesAt):
		return "waiting"
	case k.RetiresAt != nil && !now.Before(*k.RetiresAt):
		return "retired"
	}
	return "signing"
}

// moment is a time as it is printed: UTC, in seconds.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// utc is moment for what may be absent.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := moment(*t)
	return &u
}
