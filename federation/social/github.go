package social

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

const githubType = "application/vnd.github+json"

// Bounds of lists, which GitHub gives out in pages.
const (
	githubPage  = 100
	githubPages = 10
)

// github is "Authorizing OAuth apps" and the REST API of GitHub and GitHub Enterprise Server. Somebody is their numeric id: a login name may be given
// up and taken by somebody else.
func github() template {
	p := plain()
	p.presets = presetGitHub
	p.ask = func(w federation.Wish, request url.Values) {
		if w.Hint != "" {
			request.Set("login", w.Hint)
		}
		if w.Fresh {
			request.Set("prompt", "select_account")
		}
	}
	p.headers = func(h http.Header) { h.Set("Accept", githubType) }
	p.read = readGitHub
	p.rows = rowsGitHub
	p.refused = refusedByGitHub
	p.numeric, p.answers = true, true
	return p
}

func rowsGitHub() []row {
	return []row{{Name: "social_github.organization", Reason: "organization", Check: checkOrganization}}
}

func presetGitHub(c *Config) error {
	if err := c.fixed(); err != nil {
		return err
	}
	web, err := c.at("https://github.com")
	if err != nil {
		return err
	}
	api := web + "/api/v3"
	if host, _ := strings.CutPrefix(web, "https://"); host == "github.com" || strings.HasSuffix(host, ".ghe.com") { // the latter is Enterprise Cloud with data residency
		api = "https://api." + host
	}
	c.Authorization, c.Token, c.Userinfo = web+"/login/oauth/authorize", web+"/login/oauth/access_token", api+"/user"
	if c.ClientSecret != "" {
		preset(&c.AuthMethod, methodPost)
	}
	c.scopes("read:user", "user:email")
	if c.Membership || len(c.Organizations) > 0 {
		c.scopes("read:org")
	}
	c.claims(map[string]string{"name": "name", "nickname": "login", "profile": "html_url", "picture": "avatar_url"})
	return nil
}

// refusedByGitHub reads the error that comes with status 200.
func refusedByGitHub(answer *fetch.Response) bool {
	return slices.Contains([]string{"bad_verification_code", "bad_refresh_token", "invalid_grant"}, errorIn(answer))
}

func readGitHub(ctx context.Context, t *attempt) error {
	if err := t.user(ctx, t.c.c.Userinfo); err != nil {
		return err
	}
	answer, _, err := t.get(ctx, fmt.Sprintf("%s/emails?per_page=%d", t.c.c.Userinfo, githubPage))
	if err != nil {
		return err
	}
	switch {
	case answer.OK():
		if t.email, err = githubAddress(answer.Body); err != nil {
			return away(err)
		}
	case answer.Status != http.StatusForbidden && answer.Status != http.StatusNotFound: // those two: the person did not let us see their addresses
		return away(errs.New(errs.Unavailable, "The list of addresses does not come."))
	}
	t.verified = t.email != ""
	if !t.c.c.Membership && len(t.c.c.Organizations) == 0 {
		return nil
	}
	return t.membership(ctx)
}

// githubAddress is the primary address, if it is verified and one that mail reaches.
func githubAddress(body []byte) (string, error) {
	var all []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if err := json.Unmarshal(body, &all); err != nil {
		return "", err
	}
	for _, one := range all {
		if one.Primary && one.Verified && !noreply(one.Email) {
			return one.Email, nil
		}
	}
	return "", nil
}

// noreply is an address that GitHub made up for commits: no mail arrives there.
func noreply(address string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	return domain == "" || domain == "users.noreply.github.com" || strings.HasPrefix(domain, "users.noreply.") || domain == "noreply.github.com"
}

// membership reads organizations, and teams as organization/team.
func (t *attempt) membership(ctx context.Context) error {
	orgs, err := githubList(ctx, t, "orgs", func(m githubMember) string { return m.Login })
	if err != nil {
		return err
	}
	t.orgs = orgs
	if !t.c.c.Membership {
		return nil
	}
	teams, err := githubList(ctx, t, "teams", func(m githubMember) string {
		if m.Slug == "" || m.Organization.Login == "" {
			return ""
		}
		return m.Organization.Login + "/" + m.Slug
	})
	t.groups = append(slices.Clone(orgs), teams...)
	return err
}

// githubMember is an organization, or a team of one.
type githubMember struct {
	Login        string `json:"login"`
	Slug         string `json:"slug"`
	Organization struct {
		Login string `json:"login"`
	} `json:"organization"`
}

// githubList reads a list page by page. One that is longer than we read is not believed at all: groups that are missing may be what a rule asks for.
func githubList(ctx context.Context, t *attempt, what string, name func(githubMember) string) ([]string, error) {
	var out []string
	for page := 1; page <= githubPages; page++ {
		body, err := t.body(ctx, fmt.Sprintf("%s/%s?per_page=%d&page=%d", t.c.c.Userinfo, what, githubPage, page))
		if err != nil {
			return nil, err
		}
		var all []githubMember
		if err := json.Unmarshal(body, &all); err != nil {
			return nil, away(err)
		}
		for _, one := range all {
			if s := name(one); s != "" {
				out = append(out, s)
			}
		}
		if len(all) < githubPage {
			return out, nil
		}
	}
	return nil, away(errs.New(errs.TooLarge, "The list of memberships is too long."))
}

func checkOrganization(_ context.Context, t *attempt) (expected, received string, err error) {
	wanted := t.c.c.Organizations
	if len(wanted) > 0 && !slices.ContainsFunc(t.orgs, func(o string) bool {
		return slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, o) })
	}) {
		received = "others, or none"
	}
	return "a member of an organization of this connector", received, nil
}
