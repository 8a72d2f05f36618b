package kerberostest

import (
	"testing"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
)

// Proved reads an answer as the browser would: SPNEGO has ended well and, if mutual, the AP-REP is by whoever could open the ticket.
func (s Said) Proved(t testing.TB, answer []byte, mutual bool) {
	t.Helper()
	var choice asn1.RawValue
	var resp struct {
		State asn1.Enumerated       `asn1:"explicit,tag:0"`
		Mech  asn1.ObjectIdentifier `asn1:"explicit,optional,tag:1"`
		Token []byte                `asn1:"explicit,optional,tag:2"`
	}
	if rest, err := asn1.Unmarshal(answer, &choice); err != nil || len(rest) > 0 || choice.Class != asn1.ClassContextSpecific || choice.Tag != 1 {
		t.Fatalf("no NegTokenResp: %v %x", err, answer)
	}
	if _, err := asn1.Unmarshal(choice.Bytes, &resp); err != nil || resp.State != 0 || len(resp.Token) > 0 != mutual {
		t.Fatalf("state %d, %d bytes of a token, %v", resp.State, len(resp.Token), err)
	}
	if mutual {
		s.Replied(t, resp.Token)
	}
}

// Replied reads an AP-REP in Kerberos's own frame.
func (s Said) Replied(t testing.TB, token []byte) {
	t.Helper()
	var frame asn1.RawValue
	if rest, err := asn1.Unmarshal(token, &frame); err != nil || len(rest) > 0 || frame.Class != asn1.ClassApplication {
		t.Fatalf("no frame: %v %x", err, token)
	}
	var oid asn1.ObjectIdentifier
	rest, err := asn1.Unmarshal(frame.Bytes, &oid)
	if err != nil || !oid.Equal(OIDKerberos()) || len(rest) < 2 || rest[0] != 2 || rest[1] != 0 {
		t.Fatalf("no AP-REP: %v %v", oid, err)
	}
	var rep messages.APRep
	if err := rep.Unmarshal(rest[2:]); err != nil {
		t.Fatal(err)
	}
	plain, err := crypto.DecryptEncPart(rep.EncPart, s.Session, keyusage.AP_REP_ENCPART)
	if err != nil {
		t.Fatal(err)
	}
	var part messages.EncAPRepPart
	if err := part.Unmarshal(plain); err != nil || !part.CTime.Equal(s.At) || part.Cusec != s.Cusec {
		t.Fatalf("about another request: %+v %v", part, err)
	}
}
