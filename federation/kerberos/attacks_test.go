package kerberos_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/jedan-auth/jedan-auth/federation/kerberos/kerberostest"
)

type spec = kerberostest.Spec

// Flags of RFC 4120 section 2 and RFC 8062.
const (
	flagInvalid   = 7
	flagTransited = 12
	flagAnonymous = 16
	optionSession = 1
)

// TestKB_Attacks: one change to a token that counts, and the row that sees it.
func TestKB_Attacks(t *testing.T) {
	for name, c := range map[string]struct {
		row    string
		change func(w *world, s *spec)
	}{
		"wrong service":           {"kerberos_ticket.service", func(_ *world, s *spec) { s.Service = kerberostest.Name("HTTP", "other.corp.example") }},
		"another protocol's":      {"kerberos_ticket.service", func(_ *world, s *spec) { s.Service = kerberostest.Name("cifs", "id.corp.example") }},
		"no service":              {"kerberos_ticket.service", func(_ *world, s *spec) { s.Service = types.PrincipalName{} }},
		"the KDC's own":           {"kerberos_ticket.service", func(_ *world, s *spec) { s.Service = kerberostest.Name("krbtgt", "CORP.EXAMPLE") }},
		"another realm's service": {"kerberos_ticket.service", func(_ *world, s *spec) { s.Realm = "OTHER.EXAMPLE" }},
		"rc4 ticket":              {"kerberos_ticket.enctype", func(_ *world, s *spec) { s.EType = etypeID.RC4_HMAC }},
		"des3 ticket":             {"kerberos_ticket.enctype", func(_ *world, s *spec) { s.EType = etypeID.DES3_CBC_SHA1_KD }},
		"unknown version":         {"kerberos_ticket.key", func(_ *world, s *spec) { s.Version = 9 }},
		"version of another type": {"kerberos_ticket.key", func(_ *world, s *spec) { s.EType = etypeID.AES128_CTS_HMAC_SHA1_96 }},
		"another key":             {"kerberos_ticket.sealed", func(_ *world, s *spec) { s.Version, s.Named = 9, kerberostest.Version }},
		"another key, unnamed":    {"kerberos_ticket.sealed", func(_ *world, s *spec) { s.Version, s.Named = 9, 0 }},
		"cut ticket": {"kerberos_ticket.sealed", func(_ *world, s *spec) {
			s.Spoil = func(r *messages.APReq) { r.Ticket.EncPart.Cipher = r.Ticket.EncPart.Cipher[:20] }
		}},
		"no ticket's content": {"kerberos_ticket.sealed", func(_ *world, s *spec) { s.Spoil = func(r *messages.APReq) { r.Ticket.EncPart.Cipher = nil } }},
		"changed ticket":      {"kerberos_ticket.sealed", func(_ *world, s *spec) { s.Spoil = func(r *messages.APReq) { r.Ticket.EncPart.Cipher[30] ^= 1 } }},
		"rc4 session key": {"kerberos_ticket.session_key", func(_ *world, s *spec) {
			s.Ticket.Key = types.EncryptionKey{KeyType: etypeID.RC4_HMAC, KeyValue: make([]byte, 16)}
		}},
		"short session key": {"kerberos_ticket.session_key", func(_ *world, s *spec) {
			s.ProofBy = s.Ticket.Key
			s.Ticket.Key.KeyValue = s.Ticket.Key.KeyValue[:16]
		}},
		"invalid":       {"kerberos_ticket.flags", func(_ *world, s *spec) { kerberostest.Flag(&s.Ticket.Flags, flagInvalid) }},
		"anonymous":     {"kerberos_ticket.flags", func(_ *world, s *spec) { kerberostest.Flag(&s.Ticket.Flags, flagAnonymous) }},
		"not yet valid": {"kerberos_ticket.begun", func(w *world, s *spec) { s.Ticket.StartTime = w.now.Add(121 * time.Second) }},
		"begun by authtime": {"kerberos_ticket.begun", func(w *world, s *spec) {
			s.Ticket.StartTime, s.Ticket.AuthTime = time.Time{}, w.now.Add(121*time.Second)
		}},
		"proved later": {"kerberos_ticket.begun", func(w *world, s *spec) { s.Ticket.AuthTime = w.now.Add(time.Hour) }},
		"expired":      {"kerberos_ticket.ended", func(w *world, s *spec) { s.Ticket.EndTime = w.now.Add(-121 * time.Second) }},
		"another address": {"kerberos_ticket.address", func(_ *world, s *spec) {
			s.Ticket.CAddr = types.HostAddresses{{AddrType: 2, Address: []byte{10, 1, 2, 4}}, {AddrType: 20, Address: []byte("PC")}}
		}},
		"wrong realm":  {"kerberos_ticket.realm", func(_ *world, s *spec) { s.Ticket.CRealm, s.Proof.CRealm = "EVIL.EXAMPLE", "EVIL.EXAMPLE" }},
		"realm's case": {"kerberos_ticket.realm", func(_ *world, s *spec) { s.Ticket.CRealm, s.Proof.CRealm = "corp.example", "corp.example" }},
		"own realm by way of another": {"kerberos_ticket.transited", func(_ *world, s *spec) {
			s.Ticket.Transited.Contents = []byte("EVIL.EXAMPLE")
			kerberostest.Flag(&s.Ticket.Flags, flagTransited)
		}},
		"other realm by way of a third": {"kerberos_ticket.transited", func(_ *world, s *spec) {
			s.Ticket.CRealm, s.Proof.CRealm, s.Ticket.Transited.Contents = "OTHER.EXAMPLE", "OTHER.EXAMPLE", []byte("EVIL.EXAMPLE")
		}},
		"an instance of alice": {"kerberos_ticket.principal", both("alice", "admin")},
		"a machine":            {"kerberos_ticket.principal", both("PC$")},
		"nobody":               {"kerberos_ticket.principal", both("")},
		"an address":           {"kerberos_ticket.principal", both("alice@evil.example")},
		"two lines":            {"kerberos_ticket.principal", both("ali\nce")},
		"a blank":              {"kerberos_ticket.principal", both("alice ")},
		"broken text":          {"kerberos_ticket.principal", both("ali\xffce")},
		"authenticator of another encryption": {"kerberos_authenticator.enctype", func(_ *world, s *spec) {
			s.ProofBy = types.EncryptionKey{KeyType: etypeID.RC4_HMAC, KeyValue: make([]byte, 16)}
		}},
		"authenticator by another key": {"kerberos_authenticator.sealed", func(_ *world, s *spec) {
			s.ProofBy = types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA1_96, KeyValue: make([]byte, 32)}
		}},
		"cut authenticator": {"kerberos_authenticator.sealed", func(_ *world, s *spec) {
			s.Spoil = func(r *messages.APReq) { r.EncryptedAuthenticator.Cipher = r.EncryptedAuthenticator.Cipher[:28] }
		}},
		"another version of authenticators": {"kerberos_authenticator.sealed", func(_ *world, s *spec) { s.Proof.AVNO = 4 }},
		"authenticator of another":          {"kerberos_authenticator.principal", func(_ *world, s *spec) { s.Proof.CName = kerberostest.Name("admin") }},
		"authenticator of another realm":    {"kerberos_authenticator.principal", func(_ *world, s *spec) { s.Proof.CRealm = "OTHER.EXAMPLE" }},
		"authenticator of an instance":      {"kerberos_authenticator.principal", func(_ *world, s *spec) { s.Proof.CName = kerberostest.Name("alice", "x") }},
		"no checksum":                       {"kerberos_authenticator.checksum", func(_ *world, s *spec) { s.Proof.Cksum = types.Checksum{} }},
		"another protocol's checksum":       {"kerberos_authenticator.checksum", func(_ *world, s *spec) { s.Proof.Cksum.CksumType = 16 }},
		"short checksum":                    {"kerberos_authenticator.checksum", func(_ *world, s *spec) { s.Proof.Cksum.Checksum = s.Proof.Cksum.Checksum[:20] }},
		"another checksum's length":         {"kerberos_authenticator.checksum", func(_ *world, s *spec) { s.Proof.Cksum.Checksum[0] = 17 }},
		"a slow clock":                      {"kerberos_authenticator.clock", func(_ *world, s *spec) { s.Proof.CTime = s.Proof.CTime.Add(-121 * time.Second) }},
		"a fast clock":                      {"kerberos_authenticator.clock", func(_ *world, s *spec) { s.Proof.CTime = s.Proof.CTime.Add(121 * time.Second) }},
		"microseconds of a year": {"kerberos_authenticator.clock", func(_ *world, s *spec) {
			s.Proof.CTime, s.Proof.Cusec = s.Proof.CTime.AddDate(-1, 0, 0), int((365 * 24 * time.Hour).Microseconds())
		}},
		"a user's ticket":    {"kerberos_token.options", func(_ *world, s *spec) { kerberostest.Flag(&s.Options, optionSession) }},
		"version 4":          {"kerberos_token.request", func(_ *world, s *spec) { s.Spoil = func(r *messages.APReq) { r.PVNO = 4 } }},
		"version 4's ticket": {"kerberos_token.request", func(_ *world, s *spec) { s.Spoil = func(r *messages.APReq) { r.Ticket.TktVNO = 4 } }},
		"NTLM first": {"kerberos_token.mechanism", func(_ *world, s *spec) {
			s.Mechs = []asn1.ObjectIdentifier{kerberostest.OIDNTLM(), kerberostest.OIDKerberos()}
		}},
		"NTLM in SPNEGO": {"kerberos_token.mechanism", func(_ *world, s *spec) {
			s.Inner = func([]byte) []byte { return []byte("NTLMSSP\x00\x01\x00\x00\x00") }
		}},
		"no token in SPNEGO": {"kerberos_token.mechanism", func(_ *world, s *spec) { s.Inner = func([]byte) []byte { return nil } }},
		"more after it":      {"kerberos_token.mechanism", func(_ *world, s *spec) { s.Inner = func(b []byte) []byte { return append(b, 0) } }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			said := w.realm.Token(func(s *spec) { c.change(w, s) })
			refused(t, w.connector(), said.Token, c.row)
			if len(w.ledger.used) != 0 {
				t.Error("something was written")
			}
			accepted(t, w.connector(), w.realm.Token().Token)
		})
	}
}

// both names somebody in the ticket and in the authenticator.
func both(name ...string) func(*world, *spec) {
	return func(_ *world, s *spec) {
		s.Ticket.CName, s.Proof.CName = kerberostest.Name(name...), kerberostest.Name(name...)
	}
}

// TestKB_Bytes: what is no token, is too large, or ends too early. No prefix of a token counts.
func TestKB_Bytes(t *testing.T) {
	w := newWorld(t)
	c := w.connector()
	refused(t, c, nil, "kerberos_token.size")
	refused(t, c, make([]byte, 64<<10+1), "kerberos_token.size")
	refused(t, c, make([]byte, 64<<10), "kerberos_token.mechanism")
	refused(t, c, []byte("NTLMSSP\x00\x01\x00\x00\x00"), "kerberos_token.mechanism")
	refused(t, c, []byte{0x60, 0x84, 0xff, 0xff, 0xff, 0xff}, "kerberos_token.mechanism")
	token := w.realm.Token().Token
	for i := range token {
		if _, err := c.Accept(t.Context(), token[:i], here()); err == nil {
			t.Fatalf("the first %d of %d bytes count", i, len(token))
		}
	}
	refused(t, c, append(token[:len(token):len(token)], 0), "kerberos_token.mechanism")
	accepted(t, c, token)
}

// TestKB_Large: a ticket with as much in it as Windows allows counts.
func TestKB_Large(t *testing.T) {
	w := newWorld(t)
	said := w.realm.Token(func(s *spec) {
		s.Ticket.AuthorizationData = types.AuthorizationData{{ADType: 1, ADData: make([]byte, 63<<10)}}
	})
	if len(said.Token) < 63<<10 {
		t.Fatal("too small to show anything")
	}
	accepted(t, w.connector(), said.Token)
}

// TestKB_Replay: an authenticator counts once, on all nodes, also after a restart, also at once, for as long as its time would.
func TestKB_Replay(t *testing.T) {
	w := newWorld(t)
	one, two := w.connector(), w.connector()
	said := w.realm.Token()
	accepted(t, one, said.Token)
	refused(t, one, said.Token, "kerberos_authenticator.replay")
	refused(t, two, said.Token, "kerberos_authenticator.replay")
	w.now = w.now.Add(119 * time.Second)
	refused(t, w.connector(), said.Token, "kerberos_authenticator.replay")
	for _, until := range w.ledger.used {
		if until.Before(w.now.Add(time.Second)) {
			t.Error("the ledger forgets it while it counts", until)
		}
	}
	w.now = w.now.Add(2 * time.Second)
	refused(t, two, said.Token, "kerberos_authenticator.clock")

	said = w.realm.Token()
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 16 {
		c := one
		if i%2 == 1 {
			c = two
		}
		wg.Go(func() {
			if _, err := c.Accept(t.Context(), said.Token, here()); err == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d count", won.Load())
	}
	w.ledger.err = errors.New("the database is away")
	if n, err := one.Accept(t.Context(), w.realm.Token().Token, here()); !errors.Is(err, w.ledger.err) || n != nil {
		t.Error("counts without the ledger", err)
	}
}

// TestKB_ReplayWrapped: the same authenticator in other frames is the same one.
func TestKB_ReplayWrapped(t *testing.T) {
	w := newWorld(t)
	var inner []byte
	said := w.realm.Token(func(s *spec) {
		s.Inner = func(b []byte) []byte {
			inner = b
			return b
		}
	})
	accepted(t, w.connector(), said.Token)
	refused(t, w.connector(), inner, "kerberos_authenticator.replay")
	refused(t, w.connector(), w.realm.Init([]asn1.ObjectIdentifier{kerberostest.OIDKerberos()}, inner), "kerberos_authenticator.replay")
}
