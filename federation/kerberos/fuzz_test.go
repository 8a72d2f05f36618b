package kerberos_test

import (
	"encoding/base64"
	"errors"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/kerberos/kerberostest"
)

// FuzzToken: whatever a browser says is refused by a row, or is the token that counts.
func FuzzToken(f *testing.F) {
	w := newWorld(f)
	right := w.realm.Token().Token
	f.Add(right)
	f.Add(w.realm.Token(func(s *spec) { s.Mechs = nil }).Token)
	f.Add(w.realm.Init(nil, nil))
	f.Add([]byte("NTLMSSP\x00\x01\x00\x00\x00"))
	c := w.connector()
	f.Fuzz(func(t *testing.T, raw []byte) {
		clear(w.ledger.used)
		n, err := c.Accept(t.Context(), raw, here())
		var no *federation.Refusal
		switch {
		case err == nil && (n == nil || n.Principal.String() != "alice@CORP.EXAMPLE"):
			t.Errorf("%+v", n)
		case err != nil && (!errors.As(err, &no) || n != nil):
			t.Error(err)
		}
	})
}

// FuzzTicket: what a KDC seals is foreign too: another realm's may have written it.
func FuzzTicket(f *testing.F) {
	w := newWorld(f)
	f.Add([]byte("alice"), []byte("CORP.EXAMPLE"), []byte{10, 1, 2, 3}, []byte("EXAMPLE"))
	c := w.connector()
	f.Fuzz(func(t *testing.T, name, realm, address, transited []byte) {
		said := w.realm.For(t).Token(func(s *spec) {
			s.Ticket.CName, s.Proof.CName = kerberostest.Name(string(name)), kerberostest.Name(string(name))
			s.Ticket.CRealm, s.Proof.CRealm, s.Ticket.Transited.Contents = string(realm), string(realm), transited
			s.Ticket.CAddr = append(s.Ticket.CAddr, kerberostest.Address(address))
		})
		n, err := c.Accept(t.Context(), said.Token, here())
		var no *federation.Refusal
		if err != nil && !errors.As(err, &no) || err == nil && n.Principal.Name != string(name) {
			t.Error(n, err)
		}
	})
}

// FuzzKeytab: an operator's file is keys, or refused.
func FuzzKeytab(f *testing.F) {
	w := newWorld(f)
	f.Add(w.realm.File())
	f.Add([]byte{5, 2, 0x80, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		part := *w
		part.t = t
		_, _ = part.with(base64.StdEncoding.EncodeToString(raw))
	})
}
