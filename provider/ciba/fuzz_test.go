package ciba

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// parameterRows are those that judge the parameters by themselves.
func parameterRows() []core.Row[request] {
	return slices.DeleteFunc(Rows(), func(r core.Row[request]) bool {
		return !slices.Contains([]string{"ciba.signed", "ciba.nothing_outside", "ciba.scope", "ciba.notification_token", "ciba.binding_message", "ciba.acr_values", "ciba.requested_expiry", "ciba.one_hint"}, r.Name)
	})
}

// FuzzRequest: whatever a client asks, it is refused in the protocol's words, or what reaches the person is one line of plain text, for a time that we allow.
func FuzzRequest(f *testing.F) {
	const good = "scope=openid&login_hint=a%40b.test&client_notification_token=abcdefghijklmnopqrstuv"
	for _, s := range []string{
		good, good + "&binding_message=W4SCT", good + "&binding_message=%E2%80%AEabc", good + "&binding_message=" + strings.Repeat("%C3%A4", 101), good + "&requested_expiry=120&acr_values=1+2", good + "&requested_expiry=-1",
		good + "&requested_expiry=99999999999999999999", good + "&request=x", good + "&id_token_hint=x", "scope=email&login_hint=x", good + "&user_code=1&acr_values=x", strings.Replace(good, "abcdefgh", "ab%20cdef", 1), "",
		good + "&binding_message=%F0%9F%98%80", good + "&binding_message=+",
	} {
		f.Add(s)
	}
	m := storage.ClientMetadata{Scope: "openid email"}
	m.BackchannelDelivery = Ping
	client, err := core.ParseClient(&storage.Client{ClientID: "app", Metadata: m})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		r := &request{e: &Endpoint{d: Deps{Lifetime: 5 * time.Minute}}, form: form, params: form, client: client}
		if _, err := core.Run(t.Context(), parameterRows(), r); err != nil {
			var refusal *core.Refusal
			if !errors.As(err, &refusal) || refusal.Err.CodeField != 400 {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		shown := r.get("binding_message")
		if strings.ContainsFunc(shown, func(c rune) bool { return unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.So) }) || len([]rune(shown)) > maxMessage {
			t.Errorf("the person sees %q", shown)
		}
		if r.life <= 0 || r.life > maxLife || !slices.Contains(r.scopes, "openid") || form.Has("request") || strings.ContainsAny(r.get("client_notification_token"), "\r\n ") {
			t.Errorf("%q: %+v", body, r)
		}
	})
}
