package core

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit/testjws"
	"github.com/jedan-auth/jedan-auth/storage"
)

// fuzzRing has one key for everything.
type fuzzRing struct{}

func (fuzzRing) MAC(purpose string, parts ...[]byte) (int, []byte) {
	mac := hmac.New(sha256.New, []byte(testjws.Secret+purpose))
	mac.Write(bytes.Join(parts, []byte{0}))
	return 1, mac.Sum(nil)
}

func (r fuzzRing) VerifyMAC(purpose string, version int, mac []byte, parts ...[]byte) bool {
	_, want := r.MAC(purpose, parts...)
	return version == 1 && hmac.Equal(mac, want)
}

func (fuzzRing) Current(string) (int, []byte) { return 1, []byte(testjws.Secret) }

func (fuzzRing) Version(_ string, v int) ([]byte, bool) { return []byte(testjws.Secret), v == 1 }

// fuzzSigner signs with the test's key and takes nothing else.
type fuzzSigner struct{}

func (fuzzSigner) Sign(_, typ string, claims []byte) (string, error) {
	return testjws.EdDSA(typ, string(claims)), nil
}

func (fuzzSigner) Verify(token string, _ []string, typ string) ([]byte, string, error) {
	payload, _ := signedPayload(token)
	if token != testjws.EdDSA(typ, payload) {
		return nil, "", errors.New("not ours")
	}
	return []byte(payload), "k", nil
}

func (fuzzSigner) Published(string) bool { return true }

func fuzzTokens() *Tokens {
	return NewTokens(fuzzIssuer, storage.ID{1}, fuzzSigner{}, fuzzRing{}, fuzzTime)
}

// fuzzAccess are access tokens in both forms.
func fuzzAccess(t testing.TB) map[string]*AccessToken {
	t.Helper()
	out := map[string]*AccessToken{}
	for _, a := range ownTokens() {
		for _, opaque := range []bool{false, true} {
			each := *a
			each.Opaque, each.IssuedAt, each.ExpiresAt = opaque, fuzzTime(), fuzzTime().Add(time.Minute)
			token, err := fuzzTokens().MintAccess(&each)
			if err != nil {
				t.Fatal(err)
			}
			out[token] = &each
		}
	}
	return out
}

// FuzzAccessToken: introspection, UserInfo and token exchange take for an access token what was minted as one, and nothing else.
func FuzzAccessToken(f *testing.F) {
	for token := range fuzzAccess(f) {
		f.Add(token)
		f.Add(token[:len(token)-1])
	}
	for _, s := range []string{"", PrefixAccess, PrefixAccess + "AAEA", PrefixAccess + strings.Repeat("A", 8200), testjws.EdDSA("JWT", "{}"), testjws.EdDSA("at+jwt", "{}")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		a, err := fuzzTokens().ParseAccess(token)
		if err != nil {
			refusedAs(t, "invalid_token", err)
			return
		}
		if a.Opaque && a.Subject != "c1" && a.Subject != "sub" {
			t.Fatalf("forged: %q", token)
		}
		if payload, whole := signedPayload(token); !a.Opaque && (!whole || !json.Valid([]byte(payload))) {
			t.Fatalf("forged: %q", token)
		}
		if a.Issuer != fuzzIssuer || !fuzzTime().Before(a.ExpiresAt) || a.ID.IsZero() {
			t.Errorf("%q: %+v", token, a)
		}
	})
}

// FuzzAccessClaims: claims that our own key signed are read strictly too: whatever else it may sign is no access token.
func FuzzAccessClaims(f *testing.F) {
	for _, a := range ownTokens() {
		f.Add(string(appendClaims(nil, a)))
	}
	for _, s := range []string{`{"iss":"https://id.test","sub":"s","client_id":"c","exp":1795000060,"jti":"x"}`, `{"act":{"sub":"a","act":{}},"authorization_details":[{"type":"a"}]}`, `{"cnf":{"jkt":"x"}}`, `[]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, claims string) {
		a, err := decodeAccess([]byte(claims))
		if err != nil {
			refusedAs(t, "invalid_token", err)
			return
		}
		var in map[string]any
		if json.Unmarshal([]byte(claims), &in) != nil || in["sub"] != a.Subject || in["client_id"] != a.ClientID || a.Subject == "" || a.ClientID == "" || a.ID.IsZero() {
			t.Errorf("%q: %+v", claims, a)
		}
	})
}

// FuzzHandleContent: what a handle holds is written again as it was read.
func FuzzHandleContent(f *testing.F) {
	for _, a := range fuzzAccess(f) {
		f.Add(packAccess(a))
	}
	f.Add(append(packAccess(ownTokens()[0]), fieldAct, 2, '{', '}', 99, 0))
	f.Fuzz(func(t *testing.T, plain []byte) {
		a, err := unpackAccess(plain)
		if err != nil {
			return
		}
		again, err := unpackAccess(packAccess(a))
		if err != nil || !reflect.DeepEqual(a, again) {
			t.Errorf("%x: %v\n%+v\n%+v", plain, err, a, again)
		}
	})
}

// FuzzPresented: a code, a refresh token, a device_code and an auth_req_id are good in the one spelling in which they were made, for their own kind and
// client, and as nothing else.
func FuzzPresented(f *testing.F) {
	k, grant, client := fuzzTokens(), storage.ID{7}, storage.ID{9}
	code, refresh := k.Code(grant), k.Refresh(grant, 3, []byte("nonce"))
	device, _ := k.Handle(storage.PendingDevice, client, grant)
	ciba, _ := k.Handle(storage.PendingCIBA, client, grant)
	for _, s := range []string{code, refresh, device, ciba} {
		f.Add(s)
		f.Add(s[:len(s)-1] + "_")
		f.Add(s + "=")
	}
	for _, n := range []int{0, 10, handleLen, refreshLen} {
		text := base64.RawURLEncoding.EncodeToString(make([]byte, n))
		f.Add(text)
		f.Add(PrefixCode + text)
		f.Add(PrefixRefresh + text)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, isCode := k.ParseCode(token)
		r, isRefresh := k.ParseRefresh(token)
		_, isDevice := k.ParseHandle(storage.PendingDevice, client, token)
		_, isCIBA := k.ParseHandle(storage.PendingCIBA, client, token)
		_, isOther := k.ParseHandle(storage.PendingCIBA, storage.ID{8}, token)
		if isCode != (token == code) || isRefresh != (token == refresh) || isDevice != (token == device) || isCIBA != (token == ciba) || isOther {
			t.Errorf("%q: %v %v %v %v %v", token, isCode, isRefresh, isDevice, isCIBA, isOther)
		}
		if isRefresh && (!k.Matches(r, []byte("nonce")) || k.Matches(r, []byte("other"))) {
			t.Errorf("%q: the nonce is not looked at", token)
		}
	})
}

// FuzzIDTokenHint: a hint, or an ID token that is exchanged, is one that we signed as such, whatever a logout, an authorization or a CIBA request sends.
func FuzzIDTokenHint(f *testing.F) {
	const claims = `{"iss":"https://id.test","sub":"s","aud":"app","exp":1795000060,"auth_time":1794000000,"sid":"x","nonce":"n"}`
	for _, c := range []string{
		claims, strings.Replace(claims, `"app"`, `["app","other"]`, 1), strings.Replace(claims, "id.test", "evil.test", 1), strings.Replace(claims, "1795000060", "1", 1), strings.Replace(claims, `"s"`, `1`, 1), `[]`,
		strings.Replace(claims, `"sid":"x"`, `"gid":"0190163d-8694-739b-aea5-966c26f8ad91"`, 1),
	} {
		f.Add(c, false)
		f.Add(testjws.EdDSA("JWT", c), true)
		f.Add(testjws.EdDSA("at+jwt", c), true)
	}
	f.Fuzz(func(t *testing.T, text string, raw bool) {
		token := text
		if !raw {
			token = testjws.EdDSA("JWT", text)
		}
		payload, whole := signedPayload(token)
		var in map[string]any
		_ = json.Unmarshal([]byte(payload), &in) // what is no object has no members
		h, err := ReadIDTokenHint(fuzzSigner{}, fuzzIssuer, token)
		if err != nil {
			refusedAs(t, "invalid_request", err)
		} else if !whole || in["iss"] != fuzzIssuer || in["sub"] != h.Subject || h.Subject == "" || len(h.Audience) == 0 {
			t.Errorf("%q is a hint: %+v", token, h)
		}
		own, err := ReadOwnIDToken(fuzzSigner{}, fuzzIssuer, token, fuzzTime(), InvalidGrant)
		if err != nil {
			refusedAs(t, "invalid_grant", err)
		} else if h == nil || own.Subject != h.Subject || !slices.Equal(own.Audience, h.Audience) || !fuzzTime().Before(own.ExpiresAt) {
			t.Errorf("%q is exchanged: %+v", token, own)
		}
	})
}
