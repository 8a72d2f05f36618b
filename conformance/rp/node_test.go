package rp

import (
	"path/filepath"
	"testing"

	"github.com/jedan-auth/jedan-auth/storage"
)

// node is the command of the script on openid-client. Its libraries are found from the script's own place, so a copy stands beside them.
func node(t *testing.T) []string {
	t.Helper()
	dir := tool(t, "JEDAN_RP_NODE", "the folder where `npm ci` installed conformance/rp/node/package-lock.json", "node_modules", "openid-client")
	return []string{"node", filepath.Join(dir, "rp.mjs")}
}

func TestNode(t *testing.T) {
	command := node(t)
	w := open(t)
	for _, m := range []method{
		{"client_secret_basic", "RS256"}, {"client_secret_post", "ES256"}, {"private_key_jwt", "PS256"}, {"private_key_jwt", "EdDSA"}, {"none", "RS256"},
	} {
		t.Run(m.name(), func(t *testing.T) { w.with(t).codeFlow(command, m) })
	}
	t.Run("signed userinfo", func(t *testing.T) {
		w.with(t).codeFlow(command, method{"client_secret_basic", "ES256"}, func(m *storage.ClientMetadata) { m.UserinfoSignedRespAlg = "ES256" })
	})
	t.Run("opaque access tokens", func(t *testing.T) {
		w.with(t).codeFlow(command, method{"client_secret_basic", "RS256"}, func(m *storage.ClientMetadata) { m.AccessTokenFormat = "opaque" })
	})
	t.Run("refused", func(t *testing.T) { w.with(t).refused(command) })
}

// TestNodeBrowserFlows: what comes through the browser, in the fragment and as a form.
func TestNodeBrowserFlows(t *testing.T) {
	command := node(t)
	w := open(t)
	for name, c := range map[string]struct{ flow, mode string }{
		"code form_post": {"code", "form_post"}, "hybrid fragment": {"code id_token", ""}, "hybrid form_post": {"code id_token", "form_post"}, "implicit": {"id_token", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, m := w.with(t), method{"client_secret_basic", "RS256"}
			rp, key := w.register(m, func(m *storage.ClientMetadata) {
				m.ResponseTypes = []string{"code", "code id_token", "id_token"}
				m.GrantTypes = []string{"authorization_code", "refresh_token", "implicit"}
			})
			job := w.task(rp, m, key, c.flow)
			job.ResponseMode = c.mode
			d := w.run(command, w.Browser(), job)
			if d.Subject != w.subject {
				t.Errorf("signed in as %q, want %q", d.Subject, w.subject)
			}
			if c.flow != "id_token" {
				w.wantEverything(d)
			}
		})
	}
}
