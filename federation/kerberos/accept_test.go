package kerberos_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/jedan-auth/jedan-auth/federation/kerberos/kerberostest"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// TestKB_Identity: the principal of its realm, proved when the password was typed.
func TestKB_Identity(t *testing.T) {
	w := newWorld(t)
	n := accepted(t, w.connector(), w.realm.Token().Token)
	if n.Directory != "" || n.Identity == nil || n.Identity.Key != "kerberos:alice@CORP.EXAMPLE" || !n.At.Equal(w.now.Add(-time.Hour).Truncate(time.Second)) {
		t.Errorf("%+v %+v", n, n.Identity)
	}
	other := accepted(t, w.connector(), w.realm.Token(func(s *spec) { s.Ticket.CRealm, s.Proof.CRealm = "OTHER.EXAMPLE", "OTHER.EXAMPLE" }).Token)
	if other.Identity.Key == n.Identity.Key {
		t.Error("alice of another realm is the same")
	}
	w.config["realms"] = []any{map[string]any{"realm": realm, "directory": "corp", "attribute": "krbPrincipalName", "full": true}}
	n = accepted(t, w.connector(), w.realm.Token().Token)
	if n.Directory != "corp" || n.Identity != nil || n.Principal.Value() != "alice@CORP.EXAMPLE" || n.Principal.Attribute != "krbPrincipalName" {
		t.Errorf("%+v", n)
	}
}

// TestKB_Variants: what counts as well.
func TestKB_Variants(t *testing.T) {
	for name, change := range map[string]func(w *world, s *spec){
		"as it is":               func(*world, *spec) {},
		"a host as it was typed": func(_ *world, s *spec) { s.Service = kerberostest.Name("HTTP", "ID.Corp.Example") },
		"no version named":       func(_ *world, s *spec) { s.Named = 0 },
		"no start time":          func(_ *world, s *spec) { s.Ticket.StartTime = time.Time{} },
		"nearly begun":           func(w *world, s *spec) { s.Ticket.StartTime = w.now.Add(119 * time.Second) },
		"just ended":             func(w *world, s *spec) { s.Ticket.EndTime = w.now.Add(-118 * time.Second) },
		"a clock nearly right":   func(_ *world, s *spec) { s.Proof.CTime = s.Proof.CTime.Add(-119 * time.Second) },
		"this address": func(_ *world, s *spec) {
			s.Ticket.CAddr = types.HostAddresses{{AddrType: 2, Address: []byte{10, 1, 2, 3}}}
		},
		"a realm on the way that the KDC has checked": func(_ *world, s *spec) {
			s.Ticket.CRealm, s.Proof.CRealm, s.Ticket.Transited.Contents = "OTHER.EXAMPLE", "OTHER.EXAMPLE", []byte("EXAMPLE")
			kerberostest.Flag(&s.Ticket.Flags, flagTransited)
		},
		"no flags at all": func(_ *world, s *spec) { s.Ticket.Flags, s.Options = asn1.BitString{}, asn1.BitString{} },
		"Kerberos first":  func(_ *world, s *spec) { s.Mechs = []asn1.ObjectIdentifier{kerberostest.OIDKerberos()} },
		"a session key of RFC 8009": func(_ *world, s *spec) {
			s.Ticket.Key = types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA384_192, KeyValue: make([]byte, 32)}
		},
		"a session key of AES128": func(_ *world, s *spec) {
			s.Ticket.Key = types.EncryptionKey{KeyType: etypeID.AES128_CTS_HMAC_SHA256_128, KeyValue: make([]byte, 16)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			said := w.realm.Token(func(s *spec) { change(w, s) })
			said.Proved(t, accepted(t, w.connector(), said.Token).Answer, true)
		})
	}
}

// TestKB_Mutual: the answer proves who we are to whoever asked for that, and to nobody else.
func TestKB_Mutual(t *testing.T) {
	w := newWorld(t)
	said := w.realm.Token(func(s *spec) { s.Proof.Cksum.Checksum = kerberostest.GSS(0) })
	said.Proved(t, accepted(t, w.connector(), said.Token).Answer, false)
	said = w.realm.Token(func(s *spec) {
		s.Proof.Cksum.Checksum = kerberostest.GSS(0)
		kerberostest.Flag(&s.Options, 2)
	})
	said.Proved(t, accepted(t, w.connector(), said.Token).Answer, true)
	said = w.realm.Token(func(s *spec) { s.Mechs = nil })
	said.Replied(t, accepted(t, w.connector(), said.Token).Answer)
	said = w.realm.Token(func(s *spec) { s.Mechs, s.Proof.Cksum.Checksum = nil, kerberostest.GSS(0) })
	if n := accepted(t, w.connector(), said.Token); n.Answer != nil {
		t.Errorf("%x", n.Answer)
	}
}

// TestKB_Versions: while keys roll over, tickets under the old one count, until it is taken out; every encryption of AES does.
func TestKB_Versions(t *testing.T) {
	w := newWorld(t)
	for i, e := range []int32{etypeID.AES128_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA256_128, etypeID.AES256_CTS_HMAC_SHA384_192, etypeID.RC4_HMAC} {
		w.realm.AddKey(uint32(300+i), e) //nolint:gosec // G115: a handful
	}
	use := func(version uint32, e int32) []byte {
		return w.realm.Token(func(s *spec) { s.Version, s.EType = version, e }).Token
	}
	c := w.connector()
	accepted(t, c, use(kerberostest.Version, etypeID.AES256_CTS_HMAC_SHA1_96))
	accepted(t, c, use(300, etypeID.AES128_CTS_HMAC_SHA1_96))
	accepted(t, c, use(301, etypeID.AES128_CTS_HMAC_SHA256_128))
	accepted(t, c, use(302, etypeID.AES256_CTS_HMAC_SHA384_192))
	refused(t, c, use(303, etypeID.RC4_HMAC), "kerberos_ticket.enctype")
	old := use(kerberostest.Version, etypeID.AES256_CTS_HMAC_SHA1_96)
	w.realm.Drop(kerberostest.Version)
	refused(t, w.connector(), old, "kerberos_ticket.key")
}

// TestKB_Unnamed: a ticket that names no version costs the newest few keys, and no more.
func TestKB_Unnamed(t *testing.T) {
	w := newWorld(t)
	unnamed := func(version uint32) []byte {
		return w.realm.Token(func(s *spec) { s.Version, s.Named = version, 0 }).Token
	}
	for v := range uint32(3) {
		w.realm.AddKey(kerberostest.Version+1+v, etypeID.AES256_CTS_HMAC_SHA1_96)
	}
	accepted(t, w.connector(), unnamed(kerberostest.Version))
	w.realm.AddKey(kerberostest.Version+4, etypeID.AES256_CTS_HMAC_SHA1_96)
	accepted(t, w.connector(), unnamed(kerberostest.Version+4))
	refused(t, w.connector(), unnamed(kerberostest.Version), "kerberos_ticket.sealed")
}

// TestKB_ShortVersions: a keytab with 8 bits of a version, as old programs make them, goes with tickets that name all 32.
func TestKB_ShortVersions(t *testing.T) {
	w := newWorld(t)
	w.realm.Short = true
	w.realm.AddKey(0x107, etypeID.AES256_CTS_HMAC_SHA1_96)
	use := func(named int) []byte {
		return w.realm.Token(func(s *spec) { s.Version, s.Named = 0x107, named }).Token
	}
	accepted(t, w.connector(), use(0x107))
	accepted(t, w.connector(), use(7))
	refused(t, w.connector(), use(0x108), "kerberos_ticket.key")
	w.realm.Short = false
	refused(t, w.connector(), use(7), "kerberos_ticket.key")
}

// TestKB_Transited: an operator may vouch for what the KDC does not check.
func TestKB_Transited(t *testing.T) {
	w := newWorld(t)
	w.config["realms"] = []any{map[string]any{"realm": "OTHER.EXAMPLE", "transited": true}, map[string]any{"realm": realm, "transited": true}}
	by := func(realm string) []byte {
		return w.realm.Token(func(s *spec) {
			s.Ticket.CRealm, s.Proof.CRealm, s.Ticket.Transited.Contents = realm, realm, []byte("EXAMPLE")
		}).Token
	}
	accepted(t, w.connector(), by("OTHER.EXAMPLE"))
	refused(t, w.connector(), by(realm), "kerberos_ticket.transited") // our own people come through nobody
}

// TestKB_Config: what cannot work is said when it is written down, and no key is in what is said.
func TestKB_Config(t *testing.T) {
	w := newWorld(t)
	w.realm.AddKeyOf([]string{"HTTP", "rc4.corp.example"}, 1, etypeID.RC4_HMAC)
	realms := func(r ...map[string]any) []any {
		var out []any
		for _, one := range r {
			out = append(out, one)
		}
		return out
	}
	for name, c := range map[string]struct {
		change map[string]any
		says   string
	}{
		"no principal":           {map[string]any{"principal": ""}, "principal"},
		"another protocol":       {map[string]any{"principal": "ldap/id.corp.example@CORP.EXAMPLE"}, "principal"},
		"no host":                {map[string]any{"principal": "HTTP@CORP.EXAMPLE"}, "principal"},
		"not in the keytab":      {map[string]any{"principal": "HTTP/no.corp.example@CORP.EXAMPLE"}, "no key of"},
		"no AES key":             {map[string]any{"principal": "HTTP/rc4.corp.example@CORP.EXAMPLE"}, "AES"},
		"no realms":              {map[string]any{"realms": []any{}}, "realms"},
		"a realm twice":          {map[string]any{"realms": realms(map[string]any{"realm": "A"}, map[string]any{"realm": "A"})}, "twice"},
		"an attribute's filter":  {map[string]any{"realms": realms(map[string]any{"realm": "A", "directory": "corp", "attribute": "uid)(x=*"})}, "attribute"},
		"no directory":           {map[string]any{"realms": realms(map[string]any{"realm": "A", "attribute": "uid"})}, "directory"},
		"full without attribute": {map[string]any{"realms": realms(map[string]any{"realm": "A", "directory": "corp", "full": true})}, "full"},
		"two realms, one name":   {map[string]any{"realms": realms(map[string]any{"realm": "A", "directory": "corp"}, map[string]any{"realm": "B", "directory": "corp"})}, "share"},
		"no network":             {map[string]any{"networks": []string{"10.0.0.1/8"}}, "networks"},
		"a mapped network":       {map[string]any{"networks": []string{"::ffff:10.0.0.0/104"}}, "networks"},
		"an empty agent":         {map[string]any{"agents": []string{""}}, "agents"},
		"a skew of a second":     {map[string]any{"skew_seconds": 1}, "skew"},
		"a skew of an hour":      {map[string]any{"skew_seconds": 3600}, "skew"},
		"what is not known":      {map[string]any{"kdc": "x"}, "kdc"},
	} {
		_, err := w.make(c.change)
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, change := range []map[string]any{
		{"skew_seconds": 300}, {"agents": []string{"Corp"}}, {"networks": []string{"0.0.0.0/0", "::/0"}},
		{"realms": realms(map[string]any{"realm": "A", "directory": "corp", "attribute": "krbPrincipalName", "full": true}, map[string]any{"realm": "B", "directory": "corp"})},
	} {
		if _, err := w.make(change); err != nil {
			t.Error(change, err)
		}
	}
}

// TestKB_Keytabs: files that are none are refused in words, without what is in them.
func TestKB_Keytabs(t *testing.T) {
	w := newWorld(t)
	whole := w.realm.File()
	for name, file := range map[string][]byte{
		"empty": {}, "text": []byte("not a keytab"), "version 1": append([]byte{5, 1}, whole[2:]...), "cut": whole[:40], "a length too long": {5, 2, 0x7f, 0xff, 0xff, 0xff},
		"a hole too long": {5, 2, 0x80, 0, 0, 0}, "an entry of nothing": {5, 2, 0, 0, 0, 0}, "no entries": {5, 2}, "too large": make([]byte, 33<<10),
	} {
		if _, err := w.with(base64.StdEncoding.EncodeToString(file)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.with("!"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
