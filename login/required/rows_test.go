package required

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/storage"
)

type opener struct {
	own directory.Claims
	err error
}

func (o opener) Claims(*storage.Person) (directory.Claims, error) { return o.own, o.err }

func TestOpen(t *testing.T) {
	unproved := directory.Claims{"email": "a@b.test"}
	proved := directory.Claims{"email": "a@b.test", "email_verified": true}
	for name, c := range map[string]struct {
		rules Rules
		p     storage.Person
		own   directory.Claims
		want  []string
	}{
		"nothing":           {Rules{}, storage.Person{TermsVersion: "0"}, unproved, nil},
		"everything":        {Rules{Terms: Terms{Version: "2"}}, storage.Person{Required: storage.Requirable(), TermsVersion: "1"}, unproved, []string{"required.change_password", "required.verify_email", "required.accept_terms"}},
		"everybody":         {Rules{VerifyEmail: true}, storage.Person{}, unproved, []string{"required.verify_email"}},
		"proved":            {Rules{VerifyEmail: true}, storage.Person{Required: storage.Strings{"verify_email"}}, proved, nil},
		"no address":        {Rules{VerifyEmail: true}, storage.Person{}, directory.Claims{}, nil},
		"accepted":          {Rules{Terms: Terms{Version: "2"}}, storage.Person{TermsVersion: "2"}, nil, nil},
		"an older version":  {Rules{Terms: Terms{Version: "1"}}, storage.Person{TermsVersion: "2"}, nil, []string{"required.accept_terms"}},
		"unknown to us now": {Rules{}, storage.Person{Required: storage.Strings{"dance"}}, nil, nil},
	} {
		c.rules.People = opener{own: c.own}
		if got, err := c.rules.Open(&c.p); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	broken := Rules{VerifyEmail: true, People: opener{err: errors.New("does not open")}}
	if _, err := broken.Open(&storage.Person{}); err == nil {
		t.Error("whose profile does not open goes on")
	}
}

func TestTermsThatCannotBe(t *testing.T) {
	for _, good := range []Terms{{}, {"2026-11", "https://example.org/terms"}} {
		if err := good.Validate(); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range []Terms{
		{"1", ""}, {"", "https://example.org/"}, {" 1", "https://example.org/"}, {"1\n", "https://example.org/"}, {strings.Repeat("1", 65), "https://example.org/"},
		{"1", "javascript:alert(1)"}, {"1", "/terms"}, {"1", "https://u:p@example.org/"},
	} {
		if bad.Validate() == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}
