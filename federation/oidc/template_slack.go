package oidc

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
)

const (
	claimSlackUser = "https://slack.com/user_id"
	claimSlackTeam = "https://slack.com/team_id"
)

// slack is "Sign in with Slack".
func slack() template {
	p := plain()
	p.presets = func(c *Config) error {
		preset(&c.Issuer, "https://slack.com")
		preset(&c.AuthMethod, methodPost)
		return nil
	}
	p.ask = func(c Config, request map[string]string) {
		if len(c.Teams) == 1 {
			request["team"] = c.Teams[0]
		}
	}
	p.rows = rowsSlack
	p.key = func(t *attempt) string { // an id is somebody's within a workspace
		return t.c.c.Issuer + "\n" + t.text(claimSlackTeam) + "\n" + t.text("sub")
	}
	p.refused = refusedBySlack
	p.offline, p.noAuthTime = false, true
	return p
}

func rowsSlack() []row {
	return []row{
		{Name: "oidc_slack.user", Reason: "subject", Check: checkSlackUser},
		{Name: "oidc_slack.team", Reason: "team", Check: checkSlackTeam},
	}
}

// refusedBySlack reads what Slack says with status 200 where others have an error.
func refusedBySlack(answer *fetch.Response) string {
	var said struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	switch {
	case !answer.OK():
		return refusedBy(answer)
	case json.Unmarshal(answer.Body, &said) != nil || said.OK:
		return ""
	case slices.Contains([]string{"invalid_code", "code_already_used", "code_expired", "invalid_refresh_token", "token_expired", "token_revoked"}, said.Error):
		return "invalid_grant"
	}
	return "server_error"
}

func checkSlackUser(_ context.Context, t *attempt) (expected, received string, err error) {
	if id := t.text(claimSlackUser); id == "" || id != t.text("sub") {
		received = "another, or none"
	}
	return "the user id as sub", received, nil
}

func checkSlackTeam(_ context.Context, t *attempt) (expected, received string, err error) {
	if received = t.listed(claimSlackTeam, t.c.c.Teams); t.text(claimSlackTeam) == "" {
		received = "none"
	}
	return "a workspace of this connector", received, nil
}
