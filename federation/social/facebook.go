package social

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// facebook is "Manually build a login flow" and the Graph API. It does not say whether an address is verified: none ever is here. Every question
// carries a proof that the app's own server asks (appsecret_proof), so that a token that leaks is worth nothing where proofs are required.
func facebook() template {
	p := plain()
	p.presets = func(c *Config) error {
		if err := c.fixed(); err != nil {
			return err
		}
		base, err := c.at("https://www.facebook.com")
		if err != nil {
			return err
		}
		graph := strings.Replace(base, "https://www.facebook.com", "https://graph.facebook.com", 1)
		if c.ClientSecret == "" {
			return errs.New(errs.Invalid, "client_secret is needed: proofs are made of it.")
		}
		preset(&c.AuthMethod, methodPost)
		c.Authorization, c.Token, c.Userinfo = base+"/v23.0/dialog/oauth", graph+"/v23.0/oauth/access_token", graph+"/v23.0/me"
		c.scopes("public_profile", "email")
		c.claims(map[string]string{"name": "name", "given_name": "first_name", "family_name": "last_name"})
		return nil
	}
	p.read = readFacebook
	p.refused = func(answer *fetch.Response) bool { return !answer.OK() && graphCode(answer) == graphBadCode }
	p.denied = func(answer *fetch.Response) bool {
		return answer.Status == http.StatusUnauthorized || !answer.OK() && graphCode(answer) == graphBadToken
	}
	p.scopeSeparator = ","
	return p
}

// Error codes of the Graph API ("Handling errors").
const (
	graphBadCode  = 100 // a parameter, which is the code: the others are ours
	graphBadToken = 190
)

func graphCode(answer *fetch.Response) int {
	var no struct {
		Error struct {
			Code int `json:"code"`
		} `json:"error"`
	}
	if json.Unmarshal(answer.Body, &no) != nil {
		return 0
	}
	return no.Error.Code
}

func readFacebook(ctx context.Context, t *attempt) error {
	mac := hmac.New(sha256.New, []byte(t.c.c.ClientSecret))
	mac.Write([]byte(t.tokens.Access))
	q := url.Values{"fields": {"id,name,first_name,last_name,email"}, "appsecret_proof": {hex.EncodeToString(mac.Sum(nil))}}
	if err := t.user(ctx, t.c.c.Userinfo+"?"+q.Encode()); err != nil {
		return err
	}
	t.email, _ = t.said["email"].(string)
	return nil
}
