package core

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// withCnf is a token of ours with another cnf.
func withCnf(cnf string) []byte {
	bound := *ownTokens()[4]
	was := string(bound.Cnf.AppendCnf(nil))
	return bytes.Replace(appendClaims(nil, &bound), []byte(was), []byte(cnf), 1)
}

// unknownCnf are confirmations that nobody here can check.
func unknownCnf() []string {
	return []string{
		`{}`, `{"jkt":""}`, `{"jkt":"short"}`, `{"jkt":1}`, `{"jwk":{}}`, `{"jkt":"` + thumb("k") + `","kid":"x"}`, `"jkt"`, `[]`, `null`, `{"x5t#S256":null}`,
		`{"jkt":"` + strings.Repeat("k", 42) + `B"}`,
	}
}

// What is bound in a way that we do not know must not pass as unbound.
func TestUnknownConfirmationIsNoToken(t *testing.T) {
	for _, cnf := range unknownCnf() {
		if a, err := decodeAccess(withCnf(cnf)); err == nil {
			t.Errorf("%s: taken as %+v", cnf, a.Cnf)
		}
		if b, err := ParseCnf(cnf); err == nil {
			t.Errorf("%s: parsed as %+v", cnf, b)
		}
	}
	if b, err := ParseCnf(""); err != nil || !b.IsZero() {
		t.Errorf("none: %+v, %v", b, err)
	}
	if _, err := ParseCnf("{"); err == nil {
		t.Error("broken JSON was parsed")
	}
}

func TestBinding(t *testing.T) {
	key, certificate := Binding{JKT: thumb("k")}, Binding{X5T: thumb("x")}
	both := Binding{JKT: key.JKT, X5T: certificate.X5T}
	for _, b := range []Binding{{}, key, certificate, both} {
		got, err := ParseCnf(b.Cnf())
		if err != nil || got != b {
			t.Errorf("%s: %+v, %v", b.Cnf(), got, err)
		}
		if !b.IsZero() && !json.Valid([]byte(b.Cnf())) {
			t.Errorf("%s is no JSON", b.Cnf())
		}
	}
	for _, c := range []struct {
		held, bound Binding
		want        bool
	}{
		{Binding{}, Binding{}, true}, {key, Binding{}, true}, {key, key, true}, {both, key, true}, {both, both, true}, {both, certificate, true},
		{Binding{}, key, false}, {certificate, key, false}, {key, both, false}, {certificate, both, false}, {Binding{JKT: thumb("o")}, key, false},
	} {
		if got := c.held.Proves(c.bound); got != c.want {
			t.Errorf("%+v proves %+v: %v", c.held, c.bound, got)
		}
	}
	if key.TokenType() != "DPoP" || both.TokenType() != "DPoP" || certificate.TokenType() != "Bearer" || (Binding{}).TokenType() != "Bearer" {
		t.Error("token types")
	}
}

func TestHandleKeepsBinding(t *testing.T) {
	for i, want := range ownTokens() {
		packed := packAccess(want)
		if version := packed[0]; (version == 2) == want.Cnf.IsZero() {
			t.Errorf("%d: version %d", i, version)
		}
		got, err := unpackAccess(packed)
		if err != nil {
			t.Fatal(err)
		}
		got.Issuer, got.Opaque, got.AuthTime = want.Issuer, want.Opaque, want.AuthTime
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d:\n%+v\n%+v", i, got, want)
		}
		for cut := range packed {
			if short, err := unpackAccess(packed[:cut]); err == nil && short.Cnf != want.Cnf && !bytes.Equal(packAccess(short), packed[:cut]) {
				t.Errorf("%d: cut at %d it is %+v", i, cut, short)
			}
		}
	}
	bound := packAccess(ownTokens()[4])
	if _, err := unpackAccess(append(bound, 99, 1, 'x')); err == nil {
		t.Error("an unknown field was ignored")
	}
	if _, err := unpackAccess(append(bound, 1, 200)); err == nil {
		t.Error("a truncated field was ignored")
	}
}

func TestBindGrant(t *testing.T) {
	yes := true
	public := &Client{Client: &storage.Client{}, AuthMethod: AuthNone}
	confidential := &Client{Client: &storage.Client{}, AuthMethod: AuthSecretBasic}
	rotating := &Client{Client: &storage.Client{Metadata: storage.ClientMetadata{RotateRefresh: &yes}}, AuthMethod: AuthNone}
	key := Binding{JKT: thumb("k")}
	for name, c := range map[string]struct {
		client  *Client
		refresh bool
		held    Binding
		cnf     string
		rotates bool
	}{
		"public with key":             {public, true, key, key.Cnf(), false},
		"public with key, rotating":   {rotating, true, key, key.Cnf(), true},
		"public without":              {public, true, Binding{}, "", true},
		"confidential":                {confidential, true, key, "", true},
		"public without refreshtoken": {public, false, key, "", true},
	} {
		g := &storage.Grant{Refresh: c.refresh, Rotates: true}
		BindGrant(g, c.client, c.held)
		if g.Cnf != c.cnf || g.Rotates != c.rotates {
			t.Errorf("%s: %q, %v", name, g.Cnf, g.Rotates)
		}
	}
}

func TestTokenResponse(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	r := NewTokenResponse(&AccessToken{IssuedAt: now, ExpiresAt: now.Add(time.Minute), Scopes: []string{"a", "b"}, Cnf: Binding{JKT: thumb("k")}})
	r.AccessToken = "t"
	if got := string(r.Append(nil)); got != `{"access_token":"t","token_type":"DPoP","expires_in":60,"scope":"a b"}` {
		t.Error(got)
	}
	r.TokenType = "N_A"
	if got := string(r.Append(nil)); !strings.Contains(got, `"token_type":"N_A"`) {
		t.Error(got)
	}
}
