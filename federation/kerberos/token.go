package kerberos

import (
	"bytes"
	"fmt"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// maxToken is the largest token that is looked at: Windows's own limit is 65,535 bytes (MaxTokenSize).
const maxToken = 64 << 10

// Mechanisms of GSS-API (RFC 4178 section 4.1, RFC 4121 section 4.1; MS-SPNG section 1.9).
func oidSPNEGO() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 2} }
func oidKerberos() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}
}
func oidMicrosoft() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 48018, 1, 2, 2} }

func isKerberos(oid asn1.ObjectIdentifier) bool {
	return oid.Equal(oidKerberos()) || oid.Equal(oidMicrosoft())
}

// token is what a browser says, taken apart. None of it is believed yet.
type token struct {
	chosen asn1.ObjectIdentifier // of SPNEGO's list, for the answer; nil: Kerberos alone was spoken
	inner  []byte                // what the mechanism said
}

// negTokenInit is RFC 4178 section 4.2.1.
type negTokenInit struct {
	MechTypes []asn1.ObjectIdentifier `asn1:"explicit,tag:0"`
	ReqFlags  asn1.BitString          `asn1:"explicit,optional,tag:1"`
	MechToken []byte                  `asn1:"explicit,optional,tag:2"`
	MIC       []byte                  `asn1:"explicit,optional,tag:3"`
}

// What a token is when it is not Kerberos's.
const (
	isNTLM   = "NTLM"
	isOther  = "another mechanism"
	isBroken = "no token"
)

// readToken finds Kerberos's token, alone or as the one that SPNEGO brings along for the first of its list; other says what was found instead.
func readToken(raw []byte) (t token, other string) {
	if bytes.HasPrefix(raw, []byte("NTLMSSP\x00")) {
		return t, isNTLM
	}
	oid, rest, ok := openGSS(raw)
	switch {
	case !ok:
		return t, isBroken
	case isKerberos(oid):
		return token{inner: rest}, ""
	case !oid.Equal(oidSPNEGO()):
		return t, isOther
	}
	return readSPNEGO(rest)
}

func readSPNEGO(raw []byte) (t token, other string) {
	var choice asn1.RawValue
	if rest, err := asn1.Unmarshal(raw, &choice); err != nil || len(rest) > 0 || choice.Class != asn1.ClassContextSpecific || choice.Tag != 0 {
		return t, isBroken
	}
	var n negTokenInit
	if rest, err := asn1.Unmarshal(choice.Bytes, &n); err != nil || len(rest) > 0 || len(n.MechTypes) == 0 {
		return t, isBroken
	}
	if bytes.HasPrefix(n.MechToken, []byte("NTLMSSP\x00")) {
		return t, isNTLM
	}
	if !isKerberos(n.MechTypes[0]) {
		return t, isOther
	}
	oid, inner, ok := openGSS(n.MechToken)
	if !ok {
		return t, isBroken
	}
	if !isKerberos(oid) {
		return t, isOther
	}
	return token{chosen: n.MechTypes[0], inner: inner}, ""
}

// openGSS takes off the frame of a mechanism's first token (RFC 2743 section 3.1).
func openGSS(raw []byte) (oid asn1.ObjectIdentifier, rest []byte, ok bool) {
	var frame asn1.RawValue
	if after, err := asn1.Unmarshal(raw, &frame); err != nil || len(after) > 0 || frame.Class != asn1.ClassApplication || frame.Tag != 0 || !frame.IsCompound {
		return nil, nil, false
	}
	rest, err := asn1.Unmarshal(frame.Bytes, &oid)
	return oid, rest, err == nil
}

// closeGSS puts the frame on.
func closeGSS(oid asn1.ObjectIdentifier, rest []byte) ([]byte, error) {
	raw, err := asn1.Marshal(oid)
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(asn1.RawValue{Class: asn1.ClassApplication, Tag: 0, IsCompound: true, Bytes: append(raw, rest...)})
}

// Kinds of Kerberos's tokens in GSS-API (RFC 4121 section 4.1).
const (
	tokenRequest = "\x01\x00" // AP-REQ
	tokenReply   = "\x02\x00" // AP-REP
)

// Versions and kinds of RFC 4120 section 5.
const (
	pvno     = 5
	kindAPRq = 14
	kindAPRp = 15
)

// readRequest reads an AP-REQ (RFC 4120 section 5.5.1); nothing follows it.
func readRequest(raw []byte) (r messages.APReq, ok bool) {
	body, found := bytes.CutPrefix(raw, []byte(tokenRequest))
	if !found || !whole(body, asnAppTag.APREQ) || r.Unmarshal(body) != nil {
		return r, false
	}
	return r, r.PVNO == pvno && r.MsgType == kindAPRq && r.Ticket.TktVNO == pvno
}

// readSealed reads what a key has opened into one of RFC 4120's structures. RC4 apart, encryption adds nothing to the end.
func readSealed(raw []byte, tag int, into any) bool {
	_, err := asn1.UnmarshalWithParams(raw, into, fmt.Sprintf("application,explicit,tag:%d", tag))
	return err == nil && whole(raw, tag)
}

// whole says that raw is one value of an application's tag, to its end.
func whole(raw []byte, tag int) bool {
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(raw, &v)
	return err == nil && len(rest) == 0 && v.Class == asn1.ClassApplication && v.Tag == tag && v.IsCompound
}

// flagged reads a flag (RFC 4120 section 5.2.8), which may lie beyond what was sent.
func flagged(b asn1.BitString, flag int) bool { return b.At(flag) == 1 }

// sameName leaves the type of a name out of it (RFC 4120 section 6.2).
func sameName(a, b types.PrincipalName) bool { return len(a.NameString) > 0 && a.Equal(b) }
