package core

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func ownTokens() []*AccessToken {
	now := time.Unix(1_790_000_000, 0).UTC()
	client := AccessToken{
		ID: storage.NewID(now), Issuer: "https://id.example", Subject: "c1", ClientID: "c1", Audience: []string{"https://id.example"}, Scopes: []string{},
		IssuedAt: now, ExpiresAt: now.Add(time.Minute),
	}
	scoped := client
	scoped.Scopes, scoped.Audience = []string{"a", "b"}, []string{"https://api.example", "https://id.example/oauth2/userinfo"}
	person := scoped
	person.Subject, person.Grant, person.AuthTime, person.ACR = "sub", storage.NewID(now), now.Add(-time.Hour), "1"
	session := person
	session.Session = storage.NewID(now)
	return append([]*AccessToken{&client, &scoped, &person, &session}, boundTokens(client, session)...)
}

func TestReadOwnReadsWhatWeWrite(t *testing.T) {
	for i, want := range ownTokens() {
		raw := appendClaims(nil, want)
		got, ok := readOwn(raw)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%d: %v\n%+v\n%+v", i, ok, got, want)
		}
		general, err := decodeGeneral(raw)
		if err != nil || !reflect.DeepEqual(got, general) {
			t.Errorf("%d: %v\n%+v\n%+v", i, err, got, general)
		}
	}
}

// Whatever differs from our own form is left to the general way.
func TestReadOwnLeavesTheRest(t *testing.T) {
	odd := *ownTokens()[3]
	odd.Subject = `quo"te`
	for name, raw := range map[string]string{
		"escapes":  string(appendClaims(nil, &odd)),
		"empty":    "",
		"no claim": "{}",
		"trailing": string(appendClaims(nil, ownTokens()[0])) + " ",
	} {
		if _, ok := readOwn([]byte(raw)); ok {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzReadOwn(f *testing.F) {
	for _, a := range ownTokens() {
		f.Add(appendClaims(nil, a))
	}
	for _, cnf := range unknownCnf() {
		f.Add(withCnf(cnf))
	}
	methods := *ownTokens()[3]
	methods.AMR = []string{"pwd"}
	f.Add(appendClaims(nil, &methods))
	f.Add([]byte(`{"iss":"i","sub":"s","aud":[],"exp":1,"iat":01,"jti":"x","client_id":"c"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, ok := readOwn(raw)
		if !ok {
			return
		}
		want, err := decodeGeneral(raw)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v\n%+v\n%+v", raw, err, got, want)
		}
	})
}

// thumb is a thumbprint of 43 letters.
func thumb(letter string) string { return strings.Repeat(letter, 42) + "A" }

func boundTokens(client, session AccessToken) []*AccessToken {
	key, certificate, both := client, session, session
	key.Cnf, certificate.Cnf, both.Cnf = Binding{JKT: thumb("k")}, Binding{X5T: thumb("x")}, Binding{JKT: thumb("k"), X5T: thumb("x")}
	return []*AccessToken{&key, &certificate, &both}
}
