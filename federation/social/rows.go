package social

import (
	"context"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/verdict"
)

// row is one rule about a sign-in. What it received says nothing of what somebody sent.
type row = verdict.Row[*attempt]

func rowsCallback() []row {
	return []row{
		{Name: "social_callback.issuer", Reason: "issuer", Check: checkIssuer},
		{Name: "social_callback.error", Reason: "denied", Check: checkError},
		{Name: "social_callback.fresh", Reason: "auth_time", Check: checkFresh},
		{Name: "social_callback.code", Reason: "code", Check: checkCode},
	}
}

func rowsAnswer() []row {
	return []row{{Name: "social_answer.token_type", Reason: "token_type", Check: checkType}}
}

func rowsUser() []row {
	return []row{{Name: "social_user.id", Reason: "subject", Check: checkID}}
}

func refuse(check, expected, received, reason string) *federation.Refusal {
	return &federation.Refusal{Check: check, Expected: expected, Received: received, Reason: reason}
}

// judge applies the rows until one refuses.
func judge(ctx context.Context, t *attempt, rows []row) error {
	return federation.Judge(ctx, t, rows, "social_callback.error", "social_callback.fresh", "social_github.organization")
}

// checkIssuer is RFC 9207, for services that name themselves. For the others the address that the browser comes back to is theirs alone (RFC 9700
// section 4.4.2.2).
func checkIssuer(_ context.Context, t *attempt) (expected, received string, err error) {
	if want := t.c.c.Issuer; want != "" && t.a.Params.Get("iss") != want {
		received = "another, or none"
	}
	return "this service as iss", received, nil
}

func checkError(_ context.Context, t *attempt) (expected, received string, err error) {
	if t.a.Params.Has("error") {
		received = "an error"
		if code := t.a.Params.Get("error"); slices.Contains(knownErrors(), code) {
			received = code
		}
	}
	return "no error", received, nil
}

// knownErrors are those whose names may stand in a log.
func knownErrors() []string {
	return []string{"access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error", "temporarily_unavailable"}
}

// checkFresh refuses what such a service cannot say: whether the person proved themselves just now, or how long ago. They may try another way.
func checkFresh(_ context.Context, t *attempt) (expected, received string, err error) {
	if w := t.a.Wish; !w.Linking && (w.Fresh || w.MaxAge > 0) {
		received = "one whose time is not known"
	}
	return "a sign-in of any time", received, nil
}

func checkCode(_ context.Context, t *attempt) (expected, received string, err error) {
	if t.a.Params.Get("code") == "" {
		received = "none"
	}
	return "a code", received, nil
}

func checkType(_ context.Context, t *attempt) (expected, received string, err error) {
	if !strings.EqualFold(t.tokens.Type, "Bearer") || t.tokens.Access == "" || strings.ContainsAny(t.tokens.Access, "\r\n") {
		received = "another, or none"
	}
	return "a bearer token", received, nil
}

func checkID(_ context.Context, t *attempt) (expected, received string, err error) {
	if id := t.id(); id == "" || len(id) > 255 {
		received = "none, or a longer one"
	}
	return "an id of at most 255 characters", received, nil
}
