package passkey

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// The rows that both ceremonies share (WebAuthn Level 3, sections 7.1 and 7.2).

// rightType keeps a registration from passing for a sign-in, and the other way round.
func rightType(_ *Module, a *attempt) *refusal {
	if a.client.Type != a.ceremony {
		return not("client data of type "+string(a.ceremony), "another type", "type")
	}
	return nil
}

// ourChallenge wants one that was made for this ceremony of this flow or session, and has not expired.
func ourChallenge(m *Module, a *attempt) *refusal {
	const expected = "a challenge of this ceremony, flow and browser"
	until, ok := m.openChallenge(a.client.Challenge, a.bound)
	if !ok {
		return not(expected, "another", "challenge")
	}
	if !m.d.Now().Before(until) {
		return not(expected, "an expired one", "challenge_expired")
	}
	a.until = until
	return nil
}

// ourOrigin wants a page of this server.
func ourOrigin(m *Module, a *attempt) *refusal {
	if a.client.Origin != m.party.Origin {
		return not("the origin of this server", "another", "origin")
	}
	return nil
}

// notFramed refuses what was made in a frame on another site's page: our pages are never framed.
func notFramed(_ *Module, a *attempt) *refusal {
	if a.client.CrossOrigin || a.client.TopOrigin != "" {
		return not("a page that is not in a frame of another site", "crossOrigin", "cross_origin")
	}
	return nil
}

// ourDomain wants a credential that is bound to our RP ID.
func ourDomain(m *Module, a *attempt) *refusal {
	want := sha256.Sum256([]byte(m.party.ID))
	if subtle.ConstantTimeCompare(a.auth.RPIDHash, want[:]) != 1 {
		return not("the hash of the RP ID", "another", "rp_id")
	}
	return nil
}

// userPresent wants somebody at the authenticator.
func userPresent(_ *Module, a *attempt) *refusal {
	if !a.auth.Flags.HasUserPresent() {
		return not("user presence", "none", "user_presence")
	}
	return nil
}

// userVerified wants fingerprint, face or PIN where the operator does.
func userVerified(m *Module, a *attempt) *refusal {
	if m.c.UserVerification != preferred && !a.auth.Flags.HasUserVerified() {
		return not("user verification", "none", "user_verification")
	}
	return nil
}

// backupFlags refuses a credential that is backed up and cannot be, and, where it is known, one that has changed its mind about it.
func backupFlags(_ *Module, a *attempt) *refusal {
	if a.auth.Flags.HasBackupState() && !a.auth.Flags.HasBackupEligible() {
		return not("backup flags that agree", "backed up but not eligible", "backup_flags")
	}
	if a.key != nil && a.key.Syncs != a.auth.Flags.HasBackupEligible() {
		return not("the eligibility for backup that was registered", "another", "backup_flags")
	}
	return nil
}

// firstUse spends the challenge: the insert is the check.
func firstUse(m *Module, a *attempt) *refusal {
	const expected = "a challenge that was not used before"
	hash := sha256.Sum256([]byte(challengeLabel + "\x00" + a.client.Challenge))
	fresh, err := m.d.Replays.SpendOnce(a.c.Request.Context(), &storage.Replay{Tenant: m.d.Steps.Tenant(), Hash: hash[:], ExpiresAt: a.until.Add(skew)})
	if err != nil {
		return failed(expected, err)
	}
	if !fresh {
		return not(expected, "a used one", "replay")
	}
	return nil
}

// skew is how far the clocks of nodes may be apart before one forgets what another still takes.
const skew = 5 * time.Minute
