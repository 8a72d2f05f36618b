package kerberostest

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// OIDKerberos is a mechanism of SPNEGO.
func OIDKerberos() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}
}

// OIDMicrosoft is the same, by the number that Windows says first.
func OIDMicrosoft() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 48018, 1, 2, 2}
}

// OIDNTLM is what is not spoken.
func OIDNTLM() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 2, 10}
}

func oidSPNEGO() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 2} }

// Spec is everything that a token says. A test changes what it wants to see refused.
type Spec struct {
	Ticket  messages.EncTicketPart
	Service types.PrincipalName
	Realm   string
	EType   int32 // of the service's key
	Version uint32
	Named   int // version that the ticket names
	Proof   types.Authenticator
	ProofBy types.EncryptionKey // that seals the authenticator
	Options asn1.BitString

	Mechs []asn1.ObjectIdentifier // of SPNEGO, in order; none: Kerberos alone
	Inner func(apReq []byte) []byte
	Spoil func(r *messages.APReq)
}

// Flag sets a flag of RFC 4120 section 5.2.8.
func Flag(to *asn1.BitString, flag int) { types.SetFlag(to, flag) }

// Name is a principal's.
func Name(parts ...string) types.PrincipalName {
	return types.PrincipalName{NameType: 1, NameString: parts}
}

// Address is one that a ticket is for (RFC 4120 section 7.5.3).
func Address(raw []byte) types.HostAddress { return types.HostAddress{AddrType: 2, Address: raw} }

// Said is a token with the key of its ticket.
type Said struct {
	Token   []byte
	Session types.EncryptionKey
	At      time.Time // as its authenticator says
	Cusec   int
}

// Header is what a browser sends.
func (s Said) Header() string { return "Negotiate " + base64.StdEncoding.EncodeToString(s.Token) }

// Token is what the browser of alice says, but for the changes.
func (r *Realm) Token(changes ...func(s *Spec)) Said {
	r.t.Helper()
	now := r.now().UTC()
	s := &Spec{
		Service: types.PrincipalName{NameType: 2, NameString: r.service}, Realm: r.name, EType: etypeID.AES256_CTS_HMAC_SHA1_96, Version: Version, Options: types.NewKrbFlags(),
		Mechs: []asn1.ObjectIdentifier{OIDMicrosoft(), OIDKerberos(), OIDNTLM()},
	}
	s.Ticket = messages.EncTicketPart{
		Flags: types.NewKrbFlags(), Key: r.random(etypeID.AES256_CTS_HMAC_SHA1_96), CRealm: r.name, CName: Name("alice"), AuthTime: now.Add(-time.Hour), StartTime: now.Add(-time.Minute),
		EndTime: now.Add(9 * time.Hour), Transited: messages.TransitedEncoding{TRType: 1},
	}
	s.Proof = types.Authenticator{
		AVNO: 5, CRealm: r.name, CName: Name("alice"), Cksum: types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: GSS(2)}, CTime: now.Truncate(time.Second), Cusec: now.Nanosecond() / 1000,
		SeqNumber: 7,
	}
	s.Named = -1
	for _, change := range changes {
		change(s)
	}
	if s.Named < 0 {
		s.Named = int(s.Version)
	}
	return Said{Token: r.marshal(s), Session: s.Ticket.Key, At: s.Proof.CTime, Cusec: s.Proof.Cusec}
}

// GSS is the checksum of RFC 4121 section 4.1.1 with its flags; 2 asks for an answer.
func GSS(flags uint32) []byte {
	out := make([]byte, 24)
	binary.LittleEndian.PutUint32(out, 16)
	binary.LittleEndian.PutUint32(out[20:], flags)
	return out
}

func (r *Realm) marshal(s *Spec) []byte {
	r.t.Helper()
	if s.ProofBy.KeyType == 0 {
		s.ProofBy = s.Ticket.Key
	}
	req := messages.APReq{PVNO: 5, MsgType: 14, APOptions: s.Options, Ticket: messages.Ticket{TktVNO: 5, Realm: s.Realm, SName: s.Service}}
	req.Ticket.EncPart = r.seal(asn1tools.AddASNAppTag(r.der(s.Ticket), asnAppTag.EncTicketPart), r.find(s.Version, s.EType), keyusage.KDC_REP_TICKET, s.Named)
	proof, err := s.Proof.Marshal()
	r.must(err)
	req.EncryptedAuthenticator = r.seal(proof, s.ProofBy, keyusage.AP_REQ_AUTHENTICATOR, 0)
	if s.Spoil != nil {
		s.Spoil(&req)
	}
	raw, err := req.Marshal()
	r.must(err)
	inner := r.frame(OIDKerberos(), append([]byte{1, 0}, raw...))
	if s.Inner != nil {
		inner = s.Inner(inner)
	}
	if len(s.Mechs) == 0 {
		return inner
	}
	return r.Init(s.Mechs, inner)
}

// Init is SPNEGO's first token.
func (r *Realm) Init(mechs []asn1.ObjectIdentifier, token []byte) []byte {
	r.t.Helper()
	list := r.der(struct {
		MechTypes []asn1.ObjectIdentifier `asn1:"explicit,tag:0"`
		Token     []byte                  `asn1:"explicit,optional,omitempty,tag:2"`
	}{mechs, token})
	return r.frame(oidSPNEGO(), r.der(asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: list}))
}

func (r *Realm) frame(oid asn1.ObjectIdentifier, rest []byte) []byte {
	return r.der(asn1.RawValue{Class: asn1.ClassApplication, IsCompound: true, Bytes: append(r.der(oid), rest...)})
}

func (r *Realm) seal(plain []byte, k types.EncryptionKey, usage uint32, version int) types.EncryptedData {
	r.t.Helper()
	out, err := crypto.GetEncryptedData(plain, k, usage, version)
	r.must(err)
	return out
}

func (r *Realm) der(v any) []byte {
	r.t.Helper()
	raw, err := asn1.Marshal(v)
	r.must(err)
	return raw
}

func (r *Realm) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}
