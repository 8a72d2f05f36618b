package jar_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit/testjws"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// FuzzBackchannel: whatever a client signs, what counts as its authentication request (CIBA section 7.1.1) is from it, for us, now, not for long, and can
// be told from every other.
func FuzzBackchannel(f *testing.F) {
	const good = `{"iss":"app","aud":"https://id.test","exp":1795521900,"nbf":1795521500,"iat":1795521600,"jti":"j","scope":"openid","login_hint":"a@b.test","binding_message":"W4SCT"}`
	for _, s := range []string{
		good, strings.Replace(good, `"https://id.test"`, `["https://evil.test","https://id.test"]`, 1), strings.Replace(good, `"jti":"j"`, `"jti":"`+strings.Repeat("j", 257)+`"`, 1),
		strings.Replace(good, "1795521500", "1795518000", 1), strings.Replace(good, "1795521900", "1795600000", 1), strings.Replace(good, `"nbf":1795521500,`, ``, 1), strings.Replace(good, `"iat":1795521600,`, ``, 1),
		strings.Replace(good, `"openid"`, `["openid"]`, 1), strings.Replace(good, `"scope"`, `"request":"x","scope"`, 1), strings.Replace(good, `"scope"`, `"requested_expiry":120,"authorization_details":[{"type":"a"}],"scope"`, 1),
		strings.Replace(good, `"iss":"app"`, `"iss":["app"]`, 1), `[]`, ``,
	} {
		f.Add(s, "JWT")
	}
	f.Add(good, "oauth-authz-req+jwt")
	f.Add(good, "dpop+jwt")
	base := newWorld(f)
	client, err := core.ParseClient(&storage.Client{ClientID: "app", Metadata: storage.ClientMetadata{
		JWKS: json.RawMessage(testjws.JWKS()), ClientCIBA: storage.ClientCIBA{BackchannelRequestAlg: "EdDSA"},
	}})
	base.must(err)
	f.Fuzz(func(t *testing.T, claims, typ string) {
		w := *base
		w.t = t
		r, err := w.objects.Backchannel(t.Context(), client, testjws.EdDSA(typ, claims))
		if err != nil {
			w.refused("invalid_request", err)
			return
		}
		var in map[string]any
		if err := json.Unmarshal([]byte(claims), &in); err != nil {
			t.Fatalf("%q: %v", claims, err)
		}
		exp, nbf, now := in["exp"].(float64), in["nbf"].(float64), float64(w.now.Unix()) //nolint:forcetypeassert // a panic is a finding
		if in["iss"] != "app" || in["jti"] != r.ID || r.ID == "" || len(r.ID) > 256 || exp <= now || nbf > now+60 || exp-nbf > 3600 || r.Expires.Before(w.now) {
			t.Errorf("%q is taken as %+v", claims, r)
		}
		if r.Params.Has("request") || r.Params.Has("iss") || r.Params.Has("jti") {
			t.Errorf("%q: %v", claims, r.Params)
		}
	})
}
