package core

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/jedan-auth/jedan-auth/storage"
)

// fixedRing is one key.
type fixedRing string

func (k fixedRing) FirstMAC(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, []byte(k))
	for _, p := range append([][]byte{[]byte(purpose)}, parts...) {
		h.Write([]byte{byte(len(p))})
		h.Write(p)
	}
	return h.Sum(nil)
}

func pairwise(sectorURI string, redirects ...string) *storage.Client {
	return &storage.Client{ClientID: "rp", Metadata: storage.ClientMetadata{
		SubjectType: SubjectPairwise, RedirectURIs: redirects, ClientPairwise: storage.ClientPairwise{SectorIdentifierURI: sectorURI},
	}}
}

func TestPairwiseSubjectsAreOfTheSector(t *testing.T) {
	subjects := &Subjects{Ring: fixedRing("k")}
	maria, other := &storage.Person{Subject: "maria"}, &storage.Person{Subject: "other"}
	of := func(c *storage.Client, p *storage.Person) string {
		parsed, err := ParseClient(c)
		if err != nil {
			t.Fatal(err)
		}
		return subjects.Of(parsed, p)
	}
	one := of(pairwise("", "https://a.test/cb"), maria)
	if one == maria.Subject || len(one) != 43 || one != of(pairwise("", "https://a.test:8443/x", "https://a.test/y"), maria) ||
		one != of(pairwise("https://a.test/list.json", "https://b.test/cb", "https://c.test/cb"), maria) {
		t.Errorf("not one subject in one sector: %q", one)
	}
	for name, got := range map[string]string{
		"another sector": of(pairwise("", "https://b.test/cb"), maria), "another person": of(pairwise("", "https://a.test/cb"), other),
		"a subdomain": of(pairwise("", "https://x.a.test/cb"), maria),
	} {
		if got == one {
			t.Errorf("%s has the same subject", name)
		}
	}
	if got := of(&storage.Client{Metadata: storage.ClientMetadata{SubjectType: SubjectPublic, RedirectURIs: []string{"https://a.test/cb"}}}, maria); got != "maria" {
		t.Errorf("public: %q", got)
	}
	if got := (&Subjects{Ring: fixedRing("k"), Tenant: storage.ID{1}}).Of(&Client{Sector: "a.test"}, maria); got == one {
		t.Error("another tenant has the same subject")
	}
	// A stored registration that the rules would refuse now never falls back to the public subject.
	if got := of(pairwise("", "http://127.0.0.1/cb"), maria); got == "maria" || got == one {
		t.Errorf("no sector: %q", got)
	}
}

func TestSectors(t *testing.T) {
	for name, c := range map[string]struct {
		client *storage.Client
		sector string
	}{
		"one host": {pairwise("", "https://a.test/1", "https://a.test:99/2"), "a.test"}, "two hosts": {pairwise("", "https://a.test/", "https://b.test/"), ""},
		"by its list": {pairwise("https://s.test/l", "com.example:/cb"), "s.test"}, "private use": {pairwise("", "com.example:/cb"), ""},
		"loopback": {pairwise("", "http://127.0.0.1/cb"), ""}, "loopback by TLS": {pairwise("", "https://127.0.0.1/cb"), ""}, "localhost": {pairwise("", "https://localhost/cb"), ""}, "a list on this machine": {pairwise("https://127.0.0.1/l", "https://a.test/"), "127.0.0.1"},
		"nothing": {pairwise(""), ""}, "a list by http": {pairwise("http://s.test/l"), ""}, "mixed": {pairwise("", "https://a.test/", "com.example:/"), ""},
	} {
		got, ok := Sector(&c.client.Metadata)
		if ok != (c.sector != "") || ok && got != c.sector {
			t.Errorf("%s: %q %v", name, got, ok)
		}
	}
	ciba := pairwise("")
	ciba.Metadata.JWKSURI = "https://keys.test/jwks"
	if got, ok := Sector(&ciba.Metadata); !ok || got != "keys.test" {
		t.Errorf("without redirects: %q %v", got, ok)
	}
}
