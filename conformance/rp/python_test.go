package rp

import (
	"path/filepath"
	"testing"

	"github.com/jedan-auth/jedan-auth/storage"
)

// python is the command of the script on Authlib.
func python(t *testing.T) []string {
	t.Helper()
	return []string{tool(t, "JEDAN_RP_PYTHON", "a Python that has conformance/rp/python/requirements.txt installed"), filepath.Join("python", "rp.py")}
}

func TestPython(t *testing.T) {
	command := python(t)
	w := open(t)
	for _, m := range []method{
		{"client_secret_basic", "RS256"}, {"client_secret_post", "ES256"}, {"private_key_jwt", "PS256"}, {"private_key_jwt", "ES256"}, {"none", "RS256"},
	} {
		t.Run(m.name(), func(t *testing.T) { w.with(t).codeFlow(command, m) })
	}
	t.Run("opaque access tokens", func(t *testing.T) {
		w.with(t).codeFlow(command, method{"client_secret_basic", "RS256"}, func(m *storage.ClientMetadata) { m.AccessTokenFormat = "opaque" })
	})
	t.Run("refused", func(t *testing.T) { w.with(t).refused(command) })
	t.Run("device", func(t *testing.T) {
		rp, _ := w.register(method{"none", "RS256"}, func(m *storage.ClientMetadata) {
			m.GrantTypes = []string{"urn:ietf:params:oauth:grant-type:device_code"}
		})
		w.with(t).told(command, w.task(rp, method{"none", "RS256"}, nil, "device"), map[string]string{"too early": "authorization_pending", "used again": "invalid_grant"})
	})
	t.Run("nonce", func(t *testing.T) {
		rp, _ := w.register(confidential)
		w.with(t).told(command, w.task(rp, confidential, nil, "nonce"), map[string]string{"another's nonce": "invalid_claim"})
	})
}
