package oidc

import (
	"context"
	"strings"
)

// google is "OpenID Connect" of Google's documentation for developers.
func google() template {
	p := plain()
	p.presets = func(c *Config) error {
		preset(&c.Issuer, "https://accounts.google.com")
		return ownTrust(c)
	}
	p.ask = askGoogle
	p.rows = rowsGoogle
	p.trusts = trustsGoogle
	p.offline, p.noAuthTime = false, true
	return p
}

func rowsGoogle() []row {
	return []row{{Name: "oidc_google.hd", Reason: "domain", Check: checkHostedDomain}}
}

// askGoogle asks for the domain's account alone, which is for the person's convenience: what counts is the claim. A refresh token comes with consent
// only.
func askGoogle(c Config, request map[string]string) {
	switch len(c.HostedDomains) {
	case 0:
	case 1:
		request["hd"] = c.HostedDomains[0]
	default:
		request["hd"] = "*"
	}
	if request["prompt"] == "login" { // which it does not know
		request["prompt"] = "select_account"
	}
	if c.Offline {
		request["access_type"] = "offline"
		if request["prompt"] == "" {
			request["prompt"] = "consent"
		}
	}
}

// checkHostedDomain wants the claim: anybody can change the parameter, and an address of the domain may belong to a private account.
func checkHostedDomain(_ context.Context, t *attempt) (expected, received string, err error) {
	return "a Workspace domain of this connector as hd", t.listed("hd", t.c.c.HostedDomains), nil
}

// trustsGoogle follows what Google says about itself: it answers for addresses of gmail.com, and for those of accounts that a Workspace manages. Any
// other address was verified once, and may be somebody else's by now.
func trustsGoogle(t *attempt) bool {
	_, domain, _ := strings.Cut(t.text("email"), "@")
	return t.claims["email_verified"] == true && (strings.EqualFold(domain, "gmail.com") || t.text("hd") != "")
}
