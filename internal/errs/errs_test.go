package errs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestStatusOfEveryCode(t *testing.T) {
	want := map[Code]int{
		Invalid: 400, Unauthenticated: 401, Forbidden: 403, NotFound: 404, MethodNotAllowed: 405, Conflict: 409,
		TooLarge: 413, UnsupportedMediaType: 415, Misdirected: 421, Throttled: 429, Unavailable: 503, Internal: 500,
		Code("made up"): 500, Code(""): 500,
	}
	for code, status := range want {
		if got := code.Status(); got != status {
			t.Errorf("%q: got %d, want %d", code, got, status)
		}
		if http.StatusText(code.Status()) == "" {
			t.Errorf("%q: status has no text", code)
		}
	}
}

func TestCodeOf(t *testing.T) {
	boom := errors.New("boom")
	cases := map[string]struct {
		err  error
		want Code
	}{
		"nil":              {nil, ""},
		"unknown":          {boom, Internal},
		"deadline":         {fmt.Errorf("q: %w", context.DeadlineExceeded), Unavailable},
		"cancelled":        {context.Canceled, Unavailable},
		"plain":            {New(Conflict, "dup"), Conflict},
		"behind fmt":       {fmt.Errorf("store: %w", New(NotFound, "x")), NotFound},
		"outermost wins":   {Wrap(Forbidden, "x", New(NotFound, "y")), Forbidden},
		"said beats guess": {Wrap(Internal, "x", context.DeadlineExceeded), Internal},
		"joined":           {errors.Join(boom, New(Throttled, "x")), Throttled},
	}
	for name, c := range cases {
		if got := CodeOf(c.err); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if Is(nil, "") || !Is(New(Invalid, ""), Invalid) {
		t.Error("Is: wrong")
	}
}

func TestCauseIsHiddenFromPeopleAndKeptForTheLog(t *testing.T) {
	err := Wrap(Unavailable, "The database is away.", errors.New("dial tcp 10.0.0.5")).After(2 * time.Second)
	if got := MessageOf(err); got != "The database is away." {
		t.Errorf("message: %q", got)
	}
	pub := Public(err)
	if pub.Cause != nil || strings.Contains(pub.Error(), "10.0.0.5") || pub.RetryAfter != 2*time.Second {
		t.Errorf("public: %#v", pub)
	}
	if !strings.Contains(err.Error(), "10.0.0.5") {
		t.Errorf("the log lost the cause: %q", err.Error())
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Error("x", "error", err)
	if !strings.Contains(log.String(), `"cause":"dial tcp 10.0.0.5"`) {
		t.Errorf("log: %s", log.String())
	}
}

func TestInternalNeverShowsItsMessage(t *testing.T) {
	for _, err := range []error{errors.New("pq: relation"), Wrap(Internal, "pq: relation", nil)} {
		if got := MessageOf(err); strings.Contains(got, "pq") || got == "" {
			t.Errorf("%v: %q", err, got)
		}
	}
	if Public(nil) != nil {
		t.Error("Public(nil) is not nil")
	}
}

func TestAfterCopies(t *testing.T) {
	e := New(Throttled, "x")
	if e.After(time.Second); e.RetryAfter != 0 {
		t.Error("After changed its receiver")
	}
	if RetryAfterOf(errors.New("x")) != 0 || RetryAfterOf(e.After(time.Second)) != time.Second {
		t.Error("RetryAfterOf: wrong")
	}
}

func TestEveryCodeHasASentence(t *testing.T) {
	seen := map[string]Code{}
	for _, c := range []Code{Invalid, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, Conflict, TooLarge,
		UnsupportedMediaType, Misdirected, Throttled, Unavailable, Internal} {
		text := MessageOf(New(c, ""))
		if other, dup := seen[text]; dup {
			t.Errorf("%q and %q share %q", c, other, text)
		}
		seen[text] = c
	}
}
