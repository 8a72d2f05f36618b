package kerberos

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
)

// answer is what the browser is told: by AP-REP, if it asked for one, that we have the service's key; and in SPNEGO's frame, if it came in one, that this was all.
func (t *try) answer() (out []byte, err error) {
	if t.mutually {
		if out, err = t.reply(); err != nil {
			return nil, err
		}
	}
	if t.token.chosen == nil {
		return out, nil
	}
	return t.accept(out)
}

// reply is the AP-REP (RFC 4120 section 5.5.2, RFC 4121 section 4.1).
func (t *try) reply() ([]byte, error) {
	var number [4]byte
	_, _ = rand.Read(number[:]) // never fails since Go 1.24: it crashes the process instead
	plain, err := asn1.Marshal(messages.EncAPRepPart{
		CTime: t.shown.CTime.UTC(), Cusec: t.shown.Cusec, SequenceNumber: int64(binary.BigEndian.Uint32(number[:]) >> 2),
	})
	if err != nil {
		return nil, err
	}
	sealed, err := crypto.GetEncryptedData(asn1tools.AddASNAppTag(plain, asnAppTag.EncAPRepPart), t.ticket.Key, keyusage.AP_REP_ENCPART, 0)
	if err != nil {
		return nil, err
	}
	raw, err := asn1.Marshal(messages.APRep{PVNO: pvno, MsgType: kindAPRp, EncPart: sealed})
	if err != nil {
		return nil, err
	}
	return closeGSS(oidKerberos(), append([]byte(tokenReply), asn1tools.AddASNAppTag(raw, asnAppTag.APREP)...))
}

// negTokenResp is RFC 4178 section 4.2.2.
type negTokenResp struct {
	State asn1.Enumerated       `asn1:"explicit,tag:0"`
	Mech  asn1.ObjectIdentifier `asn1:"explicit,optional,tag:1"`
	Token []byte                `asn1:"explicit,optional,omitempty,tag:2"`
}

// accept says that the first mechanism of the list is taken, and that nothing more is to come. There is no MIC: none is needed then (RFC 4178 section 5).
func (t *try) accept(token []byte) ([]byte, error) {
	const completed = 0
	raw, err := asn1.Marshal(negTokenResp{State: completed, Mech: t.token.chosen, Token: token})
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, IsCompound: true, Bytes: raw})
}
