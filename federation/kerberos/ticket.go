package kerberos

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/addrtype"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/jedan-auth/jedan-auth/storage"
)

// unseal opens what a key has sealed. The primitives take it for granted that what they are given is long enough.
func unseal(sealed types.EncryptedData, key types.EncryptionKey, usage uint32) ([]byte, bool) {
	e, err := crypto.GetEtype(key.KeyType)
	if err != nil || sealed.EType != key.KeyType || len(sealed.Cipher) <= e.GetConfounderByteSize()+e.GetHMACBitLength()/8 {
		return nil, false
	}
	plain, err := crypto.DecryptEncPart(sealed, key, usage)
	return plain, err == nil
}

// openTicket opens the ticket with a key of ours (RFC 4120 section 5.3).
func (t *try) openTicket(k serviceKey) bool {
	plain, ok := unseal(t.request.Ticket.EncPart, k.key, keyusage.KDC_REP_TICKET)
	if !ok {
		return false
	}
	t.ticket = messages.EncTicketPart{}
	return readSealed(plain, asnAppTag.EncTicketPart, &t.ticket)
}

// openShown opens the authenticator with the ticket's session key (RFC 4120 section 5.5.1).
func (t *try) openShown() bool {
	plain, ok := unseal(t.request.EncryptedAuthenticator, t.ticket.Key, keyusage.AP_REQ_AUTHENTICATOR)
	return ok && readSealed(plain, asnAppTag.Authenticator, &t.shown) && t.shown.AVNO == pvno
}

// isFrom says that an address is where the browser is (RFC 4120 section 7.5.3).
func (t *try) isFrom(a types.HostAddress) bool {
	at, ok := netip.AddrFromSlice(a.Address)
	return ok && (a.AddrType == addrtype.IPv4 || a.AddrType == addrtype.IPv6) && at.Unmap() == t.from
}

// personal says that a name is one that people have.
func personal(name string) bool {
	return name != "" && len(name) <= 256 && utf8.ValidString(name) && !strings.HasSuffix(name, "$") && !strings.ContainsAny(name, `@/\`) &&
		!strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || !unicode.IsPrint(r) })
}

// Of GSS-API's checksum (RFC 4121 section 4.1.1).
const (
	gssBindings = 16 // bytes
	gssLeast    = 24
	gssMutual   = 2
)

// forGSS says that the authenticator was made for GSS-API, and not for another protocol that the ticket serves as well. The channel's bindings in it are left
// alone: TLS often ends before us.
func (t *try) forGSS() bool {
	sum := t.shown.Cksum
	if sum.CksumType != chksumtype.GSSAPI || len(sum.Checksum) < gssLeast || binary.LittleEndian.Uint32(sum.Checksum) != gssBindings {
		return false
	}
	t.mutually = t.mutually || binary.LittleEndian.Uint32(sum.Checksum[20:])&gssMutual != 0
	return true
}

func (t *try) shownAt() time.Time {
	return t.shown.CTime.Add(time.Duration(t.shown.Cusec) * time.Microsecond)
}

// spend reports true the first time, on all nodes together.
func (t *try) spend(ctx context.Context) (bool, error) {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(kindName), []byte(t.c.service.realm), t.request.EncryptedAuthenticator.Cipher} {
		_ = binary.Write(h, binary.BigEndian, uint32(len(part))) //nolint:gosec // G115: of 64 KiB at most; a hash takes everything
		h.Write(part)
	}
	return t.c.d.Replays.SpendOnce(ctx, &storage.Replay{Tenant: t.c.d.Tenant, Hash: h.Sum(nil), ExpiresAt: t.shownAt().Add(2 * t.c.skew())})
}
