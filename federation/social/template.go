package social

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

// Names of templates.
const (
	nameGitHub   = "github"
	nameDiscord  = "discord"
	nameFacebook = "facebook"
)

// template is what one service does in its own way. Each has its file; plain is what the operator describes by paths.
type template struct {
	presets        func(c *Config) error                       // fills what the operator left out; errs.Invalid for what cannot be
	ask            func(w federation.Wish, request url.Values) // changes the authorization request
	headers        func(h http.Header)                         // of questions with a token
	read           func(ctx context.Context, t *attempt) error // asks who the token's owner is
	rows           func() []row                                // about the person, after everybody's
	refused        func(answer *fetch.Response) bool           // an answer of the token endpoint that says no to the grant
	denied         func(answer *fetch.Response) bool           // an answer with a token that says that the token is not good any more
	scopeSeparator string
	numeric        bool // its ids are numbers, and only those are
	answers        bool // its word for verified addresses counts without the operator's
}

func plain() template {
	return template{
		presets:        func(*Config) error { return nil },
		ask:            func(federation.Wish, url.Values) {},
		headers:        func(http.Header) {},
		read:           readPlain,
		rows:           func() []row { return nil },
		refused:        func(answer *fetch.Response) bool { return !answer.OK() && errorIn(answer) == "invalid_grant" },
		denied:         func(answer *fetch.Response) bool { return answer.Status == http.StatusUnauthorized },
		scopeSeparator: " ",
	}
}

func templateOf(name string) (template, error) {
	switch name {
	case "":
		return plain(), nil
	case nameGitHub:
		return github(), nil
	case nameDiscord:
		return discord(), nil
	case nameFacebook:
		return facebook(), nil
	}
	return template{}, errs.New(errs.Invalid, "template is one of github, discord and facebook; leave it out for any other service.")
}

// fixed refuses what the template knows itself.
func (c *Config) fixed() error {
	if c.Authorization != "" || c.Token != "" || c.Userinfo != "" || c.ID != "" || c.Groups != "" || c.TrustEmail {
		return errs.New(errs.Invalid, "endpoints, id, groups and trust_email are not for the template "+c.Template+", which knows them.")
	}
	return nil
}

// at is the service's address: its own, or that of the operator's server of the same kind.
func (c *Config) at(own string) (string, error) {
	if c.Host == "" {
		return own, nil
	}
	u, err := url.Parse(c.Host)
	if err != nil || !isEndpoint(c.Host) || u.RawQuery != "" || strings.Trim(u.Path, "/") != "" {
		return "", errs.New(errs.Invalid, "host is the URL of a server, without a path.")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// errorIn is the error of RFC 6749 section 5.2; "" where there is none.
func errorIn(answer *fetch.Response) string {
	var no struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(answer.Body, &no) != nil {
		return ""
	}
	return no.Error
}

// readPlain takes what the operator's paths name.
func readPlain(ctx context.Context, t *attempt) error {
	if err := t.user(ctx, t.c.c.Userinfo); err != nil {
		return err
	}
	t.email, _ = at(t.said, pathOf(t.c.c, "email")).(string)
	t.verified = at(t.said, pathOf(t.c.c, "email_verified")) == true // a JSON truth (FE01)
	if t.c.c.Groups != "" {
		t.groups = texts(at(t.said, t.c.c.Groups))
	}
	return nil
}

func pathOf(c Config, claim string) string {
	if path := c.Claims[claim]; path != "" {
		return path
	}
	return claim
}

// claims adds a template's own mapping to what the operator wrote.
func (c *Config) claims(own map[string]string) {
	if c.Claims == nil {
		c.Claims = map[string]string{}
	}
	for claim, path := range own {
		if _, given := c.Claims[claim]; !given {
			c.Claims[claim] = path
		}
	}
}

// scopes adds those that a template needs.
func (c *Config) scopes(needed ...string) {
	for _, s := range needed {
		if !slices.Contains(c.Scopes, s) {
			c.Scopes = append(slices.Clone(c.Scopes), s)
		}
	}
}
