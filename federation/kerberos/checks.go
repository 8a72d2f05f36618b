package kerberos

import (
	"context"
	"fmt"
	"slices"

	"github.com/jcmturner/gokrb5/v8/iana/flags"
)

func checkSize(_ context.Context, t *try) (expected, received string, err error) {
	if len(t.raw) == 0 || len(t.raw) > maxToken {
		received = "none, or more"
	}
	return fmt.Sprintf("a token of at most %d bytes", maxToken), received, nil
}

// checkMechanism refuses NTLM, and whatever else SPNEGO would have us agree about in further rounds: there is one.
func checkMechanism(_ context.Context, t *try) (expected, received string, err error) {
	t.token, received = readToken(t.raw)
	return "Kerberos, alone or as SPNEGO's first", received, nil
}

func checkRequest(_ context.Context, t *try) (expected, received string, err error) {
	r, ok := readRequest(t.token.inner)
	if !ok {
		received = "something else"
	}
	t.request = r
	return "an AP-REQ of Kerberos 5", received, nil
}

// checkOptions refuses a ticket that is sealed with the session key of a ticket of ours (RFC 4120 section 3.7): we have none.
func checkOptions(_ context.Context, t *try) (expected, received string, err error) {
	if flagged(t.request.APOptions, flags.APOptionUseSessionKey) {
		received = "one of another"
	}
	t.mutually = flagged(t.request.APOptions, flags.APOptionMutualRequired)
	return "a ticket under the service's key", received, nil
}

func checkService(_ context.Context, t *try) (expected, received string, err error) {
	if !t.c.service.is(t.request.Ticket.SName.NameString, t.request.Ticket.Realm) {
		received = "one for another"
	}
	return "a ticket for this service and realm", received, nil
}

func checkEnctype(_ context.Context, t *try) (expected, received string, err error) {
	if !aes(t.request.Ticket.EncPart.EType) {
		received = "another encryption"
	}
	return "a ticket under AES", received, nil
}

// maxTried is how many of our keys are tried at a ticket that names no version.
const maxTried = 4

// checkKey finds the versions of our key that the ticket may be under: the one that it names, or the newest where it names none.
func checkKey(_ context.Context, t *try) (expected, received string, err error) {
	sealed := t.request.Ticket.EncPart
	for _, k := range t.c.keys {
		named := sealed.KVNO == 0 || k.is(uint32(sealed.KVNO)) //nolint:gosec // G115: of 32 bits (RFC 4120 section 5.2.4)
		if named && k.key.KeyType == sealed.EType && len(t.sealer) < maxTried {
			t.sealer = append(t.sealer, k)
		}
	}
	if len(t.sealer) == 0 {
		received = "another version or encryption"
	}
	return "a key of the keytab", received, nil
}

func checkSealed(_ context.Context, t *try) (expected, received string, err error) {
	if !slices.ContainsFunc(t.sealer, t.openTicket) {
		received = "one that does not open, or something else in it"
	}
	return "a ticket that the key opens", received, nil
}

func checkSessionKey(_ context.Context, t *try) (expected, received string, err error) {
	if !sized(t.ticket.Key) {
		received = "another"
	}
	return "a session key of AES", received, nil
}

// checkFlags refuses what the KDC must validate first (RFC 4120 section 2.2), and who it does not know (RFC 8062).
func checkFlags(_ context.Context, t *try) (expected, received string, err error) {
	const anonymous = 16
	if flagged(t.ticket.Flags, flags.Invalid) || flagged(t.ticket.Flags, anonymous) {
		received = "one that is invalid or anonymous"
	}
	return "a valid ticket of somebody", received, nil
}

func checkBegun(_ context.Context, t *try) (expected, received string, err error) {
	from := t.ticket.StartTime
	if from.IsZero() {
		from = t.ticket.AuthTime
	}
	if latest := t.now.Add(t.c.skew()); from.After(latest) || t.ticket.AuthTime.IsZero() || t.ticket.AuthTime.After(latest) {
		received = "one from later on"
	}
	return "a ticket that is valid already", received, nil
}

func checkEnded(_ context.Context, t *try) (expected, received string, err error) {
	if !t.now.Add(-t.c.skew()).Before(t.ticket.EndTime) {
		received = "one that has ended"
	}
	return "a ticket that is still valid", received, nil
}

// checkAddress holds a ticket to the addresses in it, if there are any (RFC 4120 section 3.2.3).
func checkAddress(_ context.Context, t *try) (expected, received string, err error) {
	if len(t.ticket.CAddr) > 0 && !slices.ContainsFunc(t.ticket.CAddr, t.isFrom) {
		received = "one for others"
	}
	return "a ticket for this address", received, nil
}

func checkRealm(_ context.Context, t *try) (expected, received string, err error) {
	if t.realm = t.c.c.realm(t.ticket.CRealm); t.realm == nil {
		received = "another"
	}
	return "a realm whose people may sign in", received, nil
}

// checkTransited refuses a ticket that came through realms which nobody has vouched for: each of them could have written it (RFC 4120 section 2.7). The service's
// own people come through none.
func checkTransited(_ context.Context, t *try) (expected, received string, err error) {
	through := len(t.ticket.Transited.Contents) > 0
	checked := t.realm.Realm != t.c.service.realm && (flagged(t.ticket.Flags, flags.TransitedPolicyChecked) || t.realm.Transited)
	if through && !checked {
		received = "others, unchecked"
	}
	return "no realm on the way, or a KDC that has checked them", received, nil
}

// checkPrincipal wants a person: alice/admin is not alice, and a name with $ at its end is a machine.
func checkPrincipal(_ context.Context, t *try) (expected, received string, err error) {
	name := t.ticket.CName.NameString
	if len(name) != 1 || !personal(name[0]) {
		return "a person's name of one part", "another", nil
	}
	t.name = name[0]
	return "a person's name of one part", "", nil
}

func checkShownEnctype(_ context.Context, t *try) (expected, received string, err error) {
	if t.request.EncryptedAuthenticator.EType != t.ticket.Key.KeyType {
		received = "another"
	}
	return "the session key's encryption", received, nil
}

func checkShownSealed(_ context.Context, t *try) (expected, received string, err error) {
	if !t.openShown() {
		received = "one that does not open, or something else in it"
	}
	return "an authenticator that the session key opens", received, nil
}

func checkShownPrincipal(_ context.Context, t *try) (expected, received string, err error) {
	if t.shown.CRealm != t.ticket.CRealm || !sameName(t.shown.CName, t.ticket.CName) {
		received = "another"
	}
	return "the ticket's owner", received, nil
}

func checkChecksum(_ context.Context, t *try) (expected, received string, err error) {
	if !t.forGSS() {
		received = "another, or none"
	}
	return "GSS-API's checksum", received, nil
}

func checkClock(_ context.Context, t *try) (expected, received string, err error) {
	apart := t.now.Sub(t.shownAt())
	if apart > t.c.skew() || -apart > t.c.skew() || t.shown.Cusec < 0 || t.shown.Cusec > 999_999 {
		received = "an earlier, or a later one"
	}
	return fmt.Sprintf("a time within %d seconds", t.c.c.Skew), received, nil
}

// checkReplay spends the authenticator for as long as it could be shown again. It is the last row, and one statement.
func checkReplay(ctx context.Context, t *try) (expected, received string, err error) {
	first, err := t.spend(ctx)
	if err == nil && !first {
		received = "one that was used"
	}
	return "an authenticator that was not used", received, err
}
