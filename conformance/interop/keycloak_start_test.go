//go:build interop

package interop

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// keycloak is a Keycloak on the upstream's site. One serves all its tests: it takes a while to start.
type keycloak struct {
	*certified
	s       *sites
	version string
	token   string
	until   time.Time
}

const keycloakAdmin = "only-of-this-test"

func (s *sites) keycloak() *keycloak {
	s.t.Helper()
	archive := os.Getenv("JEDAN_KEYCLOAK")
	if archive == "" {
		s.t.Skip("JEDAN_KEYCLOAK names no Keycloak (Maven: org.keycloak:keycloak-quarkus-dist:26.7.3:zip, see `make interop-tools`; a JDK from 17 on)")
	}
	if !filepath.IsAbs(archive) {
		archive = filepath.Join("../..", archive)
	}
	at := s.site(upstreamHost)
	folder := s.unzipped(archive)
	cmd := s.command(filepath.Join(folder, "bin/kc.sh"), "start-dev", "--db=dev-mem", "--cache=local", "--http-host=127.0.0.1", "--http-port="+freePort(s.t), "--https-port="+at.port(),
		"--https-certificate-file="+at.cert, "--https-certificate-key-file="+at.key, "--hostname="+at.url, "--truststore-paths="+s.ca, "--http-management-port="+freePort(s.t),
		"--log-level=warn")
	cmd.Env = append(os.Environ(), "KC_BOOTSTRAP_ADMIN_USERNAME=admin", "KC_BOOTSTRAP_ADMIN_PASSWORD="+keycloakAdmin)
	s.start(at.at, cmd)
	k := &keycloak{certified: at, s: s, version: strings.TrimPrefix(filepath.Base(folder), "keycloak-")}
	for until := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) { // it is a process of its own
		if resp, err := s.http.Get(at.url + "/realms/master"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return k
			}
		}
		if time.Now().After(until) {
			s.t.Fatal("Keycloak is not ready")
		}
	}
}

// unzipped is the folder in the archive.
func (s *sites) unzipped(archive string) (folder string) {
	s.t.Helper()
	z, err := zip.OpenReader(archive)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	if err := os.CopyFS(s.dir, z); err != nil {
		s.t.Fatal(err)
	}
	folder = filepath.Join(s.dir, strings.SplitN(z.File[0].Name, "/", 2)[0])
	if err := os.Chmod(filepath.Join(folder, "bin/kc.sh"), 0o700); err != nil { //nolint:gosec // it is run
		s.t.Fatal(err)
	}
	return folder
}

// admin asks the administration, with JSON or a text, and returns the body.
func (k *keycloak) admin(method, path string, body any) []byte {
	k.s.t.Helper()
	if time.Now().After(k.until) {
		_, out := k.s.form(k.url+"/realms/master/protocol/openid-connect/token", "", "", url.Values{"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {"admin"}, "password": {keycloakAdmin}})
		k.token, _ = out["access_token"].(string)
		k.until = time.Now().Add(30 * time.Second)
	}
	kind, raw := "application/json", []byte(nil)
	if text, ok := body.(string); ok {
		kind, raw = "text/plain", []byte(text)
	} else if body != nil {
		raw = []byte(sealed(body))
	}
	req, err := http.NewRequest(method, k.url+"/admin/realms"+path, bytes.NewReader(raw))
	if err != nil {
		k.s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+k.token)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Accept", "application/json")
	resp, err := k.s.http.Do(req)
	if err != nil {
		k.s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		k.s.t.Fatalf("%s %s: %d %v %s", method, path, resp.StatusCode, err, out)
	}
	return out
}

// object is an answer of the administration.
func (k *keycloak) object(method, path string, body any) map[string]any {
	k.s.t.Helper()
	raw := k.admin(method, path, body)
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		k.s.t.Fatalf("%s: %v: %s", path, err, raw)
	}
	return out
}

// realm makes one with people.
func (k *keycloak) realm(name string, people ...string) {
	k.s.t.Helper()
	users := []map[string]any{}
	for _, p := range people {
		users = append(users, map[string]any{
			"username": p, "email": p + "@upstream.test", "emailVerified": true, "firstName": p, "lastName": "of Keycloak", "enabled": true,
			"credentials": []map[string]any{{"type": "password", "value": keycloakWord}},
		})
	}
	k.admin(http.MethodPost, "", map[string]any{"realm": name, "enabled": true, "sslRequired": "all", "users": users})
}

const keycloakWord = "a-word-for-keycloak"

// signIn fills in its page.
func (k *keycloak) signIn(b *tab, name string) {
	b.t.Helper()
	b.see("#kc-login")
	if !b.has("#kc-attempted-username") {
		b.enter("#username", name)
	}
	b.enter("#password", keycloakWord)
	b.press("#kc-login", backHere+", #kc-login, #kc-error-message")
}

// id is what Keycloak calls somebody.
func (k *keycloak) id(realm, name string) string {
	k.s.t.Helper()
	var found []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(k.admin(http.MethodGet, "/"+realm+"/users?exact=true&username="+name, nil), &found); err != nil || len(found) != 1 {
		k.s.t.Fatal(err, found)
	}
	return found[0].ID
}

// throwOut ends somebody's sessions by the administration.
func (k *keycloak) throwOut(realm, name string) {
	k.s.t.Helper()
	k.admin(http.MethodPost, "/"+realm+"/users/"+k.id(realm, name)+"/logout", nil)
}
