package contest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Typed is a directory with one person, beside a fake of it.
type Typed struct {
	Connector      federation.PasswordChecker
	Name, Password string
	Key            string
	Asked          func() int // how many passwords were tried there
	Away           func()
}

// Checker runs the contract; open makes a fresh pair.
func Checker(t *testing.T, open func(t *testing.T) Typed) {
	for name, check := range map[string]func(*testing.T, Typed){
		"right and wrong": rightAndWrong, "never asked": neverAsked, "away": directoryAway, "asked again": askedAgain,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

func rightAndWrong(t *testing.T, d Typed) {
	id, err := d.Connector.CheckPassword(t.Context(), federation.Credentials{Username: d.Name, Password: d.Password})
	if err != nil || id.Key != d.Key {
		t.Fatal(id, err)
	}
	id, err = d.Connector.CheckPassword(t.Context(), federation.Credentials{Username: d.Name, Password: d.Password + "x"})
	refused(t, "a wrong password", id, err)
	if no, _ := errors.AsType[*federation.Refusal](err); no != nil && no.Person {
		t.Error("who does not know the password is told of the person")
	}
	id, err = d.Connector.CheckPassword(t.Context(), federation.Credentials{Username: "nobody-here", Password: d.Password})
	refused(t, "an unknown name", id, err)
	if no, _ := errors.AsType[*federation.Refusal](err); no != nil && no.Reason != federation.ReasonUnknown {
		t.Errorf("an unknown name: %s", no.Reason)
	}
}

// neverAsked is what no directory may be asked: some answer yes to it (RFC 4513 section 5.1.2).
func neverAsked(t *testing.T, d Typed) {
	before := d.Asked()
	for _, p := range []string{"", "\x00", "a\x00b", strings.Repeat("x", 1<<20)} {
		id, err := d.Connector.CheckPassword(t.Context(), federation.Credentials{Username: d.Name, Password: p})
		refused(t, "a password that is none", id, err)
	}
	if d.Asked() != before {
		t.Error("a password that is none was tried")
	}
	for _, n := range []string{"", "*", "a\x00", strings.Repeat("x", 1<<20)} {
		id, err := d.Connector.CheckPassword(t.Context(), federation.Credentials{Username: n, Password: d.Password})
		refused(t, "a name that is none", id, err)
	}
}

func directoryAway(t *testing.T, d Typed) {
	d.Away()
	if id, err := d.Connector.CheckPassword(t.Context(), federation.Credentials{Username: d.Name, Password: d.Password}); id != nil || !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v %v", id, err)
	}
}

// askedAgain is the re-check, where the kind has it.
func askedAgain(t *testing.T, d Typed) {
	if r, ok := d.Connector.(federation.Rechecker); ok {
		Rechecker(t, r, d.Key, d.Away)
	}
}

// Rechecker wants what the broker relies on when it asks about somebody without them: yes is yes, and silence is no no.
func Rechecker(t *testing.T, r federation.Rechecker, key string, away func()) {
	t.Helper()
	if id, err := r.Recheck(t.Context(), key, nil); err != nil || id != nil && id.Key != key {
		t.Errorf("%v %v", id, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	notNo(t, r, ctx, key)
	away()
	notNo(t, r, t.Context(), key)
}

func notNo(t *testing.T, r federation.Rechecker, ctx context.Context, key string) { //nolint:revive // the test comes first
	t.Helper()
	_, err := r.Recheck(ctx, key, nil)
	if no, is := errors.AsType[*federation.Refusal](err); is && no.Person {
		t.Errorf("silence ends somebody: %v", no)
	}
}
