package register

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (w *world) knows(c *storage.Client, secret string) bool {
	return w.ring.VerifyMAC(keys.SecretPepper, c.SecretKey, c.SecretHash, []byte("client secret"), c.Tenant[:], c.ID[:], []byte(secret))
}

func TestCreateShowsAGeneratedSecretOnceAndKeepsAKeyedHash(t *testing.T) {
	w := newWorld(t)
	g := w.create(base(), Options{})
	if !regexp.MustCompile(`^jds_[A-Za-z0-9_-]{43}$`).MatchString(g.Secret) || !regexp.MustCompile(`^[a-z0-9]{26}$`).MatchString(g.Client.ClientID) {
		t.Fatalf("secret of %d characters, client_id %q", len(g.Secret), g.Client.ClientID)
	}
	row, err := w.db.ClientByClientID(t.Context(), w.tenant, g.Client.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if !w.knows(row, g.Secret) || w.knows(row, g.Secret+"x") || row.SecretPHC != "" {
		t.Error("the stored hash is not the shown secret's")
	}
	if all, err := json.Marshal(row); err != nil || strings.Contains(string(all), g.Secret) {
		t.Errorf("the row holds the secret (%v)", err)
	}
	types, text := w.events("client:" + row.ClientID)
	if !slices.Equal(types, []string{"client.create"}) || strings.Contains(text, g.Secret) {
		t.Errorf("events %v", types)
	}
	if other := w.create(base(), Options{}); other.Secret == g.Secret || other.Client.ClientID == g.Client.ClientID {
		t.Error("two registrations are alike")
	}
}

func TestCreateFillsInTheDefaultsOfTheSpecifications(t *testing.T) {
	w := newWorld(t)
	m := w.create(base(), Options{}).Client.Metadata
	if !slices.Equal(m.GrantTypes, []string{"authorization_code"}) || !slices.Equal(m.ResponseTypes, []string{"code"}) ||
		m.TokenEndpointAuthMethod != "client_secret_basic" || m.ApplicationType != "web" || m.Scope != "openid profile email" {
		t.Errorf("%+v", m)
	}
	in := base()
	in.GrantTypes = []string{"authorization_code", "refresh_token"}
	if m := w.create(in, Options{}).Client.Metadata; m.Scope != "openid profile email offline_access" {
		t.Errorf("scope %q", m.Scope)
	}
	in = base()
	in.ResponseTypes = []string{"id_token token"}
	if m := w.create(in, Options{}).Client.Metadata; !slices.Equal(m.GrantTypes, []string{"implicit"}) {
		t.Errorf("grant types %v", m.GrantTypes)
	}
}

func TestClientIDs(t *testing.T) {
	w := newWorld(t)
	if g := w.create(base(), Options{ClientID: "my-app:1"}); g.Client.ClientID != "my-app:1" {
		t.Error("the chosen client_id was not taken")
	}
	if _, err := w.Create(t.Context(), base(), Options{ClientID: "my-app:1", Actor: operator()}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a taken one: %v", err)
	}
	for _, id := range []string{"a b", "a\n", "é", strings.Repeat("a", 129)} {
		if _, err := w.Create(t.Context(), base(), Options{ClientID: id, Actor: operator()}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestPublicClientsHaveNoSecret(t *testing.T) {
	w := newWorld(t)
	m := base()
	m.TokenEndpointAuthMethod = "none"
	g := w.create(m, Options{})
	if g.Secret != "" || g.Client.SecretHash != nil || g.Document().SecretExpiresAt != nil {
		t.Error("a public client has a secret")
	}
	if _, err := w.Create(t.Context(), m, Options{Secret: strings.Repeat("s", 40), Actor: operator()}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a chosen one: %v", err)
	}
	if _, err := w.RotateSecret(t.Context(), g.Client.ClientID, "", false, operator()); !errs.Is(err, errs.Invalid) {
		t.Errorf("rotated: %v", err)
	}
}

func TestChosenSecretsKeepASlowHash(t *testing.T) {
	w := newWorld(t)
	chosen := strings.Repeat("correct-horse-", 3)
	g := w.create(base(), Options{Secret: chosen})
	if g.Secret != "" || g.Client.SecretHash != nil || !strings.HasPrefix(g.Client.SecretPHC, "$argon2id$") || g.Client.Metadata.WeakSecret {
		t.Errorf("shown %q, %q", g.Secret, g.Client.SecretPHC)
	}
	if ok, _, err := w.hasher.Verify(t.Context(), g.Client.SecretPHC, chosen); err != nil || !ok {
		t.Errorf("it does not verify: %v", err)
	}
	for _, s := range []string{"short-secret", strings.Repeat("a", 31), strings.Repeat("a", 257), strings.Repeat("é", 20), strings.Repeat("a", 32) + "\n"} {
		if _, err := w.Create(t.Context(), base(), Options{Secret: s, Actor: operator()}); !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), s) {
			t.Errorf("%d bytes: %v", len(s), err)
		}
	}
	weak := base()
	weak.WeakSecret = true
	if g := w.create(weak, Options{Secret: "short-secret"}); !g.Client.Metadata.WeakSecret || len(g.Warnings) != 1 {
		t.Errorf("not marked: %v", g.Warnings)
	}
	if g := w.create(weak, Options{}); g.Client.Metadata.WeakSecret {
		t.Error("a generated secret is marked weak")
	}
	if _, err := w.Create(t.Context(), weak, Options{Secret: "seven77", Actor: operator()}); !errs.Is(err, errs.Invalid) {
		t.Errorf("seven characters: %v", err)
	}
}

func TestRotateReplacesTheSecretAtOnce(t *testing.T) {
	w := newWorld(t)
	weak := base()
	weak.WeakSecret = true
	g := w.create(weak, Options{Secret: "short-secret"})
	r, err := w.RotateSecret(t.Context(), g.Client.ClientID, "", false, operator())
	if err != nil {
		t.Fatal(err)
	}
	if !w.knows(r.Client, r.Secret) || r.Client.SecretPHC != "" || r.Client.Metadata.WeakSecret {
		t.Error("the old secret is still there")
	}
	again, err := w.RotateSecret(t.Context(), g.Client.ClientID, strings.Repeat("x", 32), false, operator())
	if err != nil || again.Secret != "" || again.Client.SecretPHC == "" || w.knows(again.Client, r.Secret) {
		t.Errorf("chosen: %v", err)
	}
	if types, _ := w.events("client:" + g.Client.ClientID); !slices.Equal(types, []string{"client.create", "client.secret_rotate", "client.secret_rotate"}) {
		t.Errorf("events %v", types)
	}
	if _, err := w.RotateSecret(t.Context(), "nobody", "", false, operator()); !errs.Is(err, errs.NotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestUpdate(t *testing.T) {
	w := newWorld(t)
	g := w.create(base(), Options{ClientID: "app"})
	u, err := w.Update(t.Context(), "app", Change{Actor: operator(), Metadata: func(m *storage.ClientMetadata) error {
		m.ClientName, m.WeakSecret = "Acme", true
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if u.Client.Metadata.ClientName != "Acme" || u.Secret != "" || !w.knows(u.Client, g.Secret) || u.Client.Metadata.WeakSecret || u.Client.Version != 2 {
		t.Errorf("%+v", u.Client.Metadata)
	}
	if _, text := w.events("client:app"); !strings.Contains(text, `"members":["client_name"]`) || strings.Contains(text, "Acme") {
		t.Errorf("events %s", text)
	}
	_, err = w.Update(t.Context(), "app", Change{Actor: operator(), Metadata: func(m *storage.ClientMetadata) error {
		m.RedirectURIs = []string{"https://a.test/*"}
		return nil
	}})
	if p, ok := AsProblem(err); !ok || p.Code != CodeRedirectURI {
		t.Errorf("a broken rule: %v", err)
	}
	off := true
	if u, err = w.Update(t.Context(), "app", Change{Actor: operator(), Disabled: &off}); err != nil || !u.Client.Disabled {
		t.Errorf("disable: %v", err)
	}
	if _, err := w.Update(t.Context(), "nobody", Change{Actor: operator()}); !errs.Is(err, errs.NotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestUpdateMakesTheSecretFitTheMethod(t *testing.T) {
	w := newWorld(t)
	w.create(base(), Options{ClientID: "app"})
	to := func(method string) *Registered {
		u, err := w.Update(t.Context(), "app", Change{Actor: operator(), Metadata: func(m *storage.ClientMetadata) error {
			m.TokenEndpointAuthMethod = method
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	if u := to(core.AuthSecretPost); u.Secret != "" || u.Client.SecretHash == nil {
		t.Error("basic to post changed the secret")
	}
	if u := to(core.AuthNone); u.Secret != "" || u.Client.SecretHash != nil {
		t.Error("a public client kept its secret")
	}
	if u := to(core.AuthSecretBasic); !w.knows(u.Client, u.Secret) {
		t.Error("a confidential client got no secret")
	}
}

func TestUpdateYieldsToAChangeInBetween(t *testing.T) {
	w := newWorld(t)
	w.create(base(), Options{ClientID: "app"})
	_, err := w.Update(t.Context(), "app", Change{Actor: operator(), Metadata: func(m *storage.ClientMetadata) error {
		m.ClientName = "late"
		_, err := w.RotateSecret(t.Context(), "app", "", false, operator())
		return err
	}})
	if !errs.Is(err, errs.Conflict) {
		t.Errorf("got %v", err)
	}
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	w.create(base(), Options{ClientID: "app"})
	if err := w.Delete(t.Context(), "app", operator()); err != nil {
		t.Fatal(err)
	}
	if err := w.Delete(t.Context(), "app", operator()); !errs.Is(err, errs.NotFound) {
		t.Errorf("twice: %v", err)
	}
	if types, _ := w.events("client:app"); !slices.Equal(types, []string{"client.create", "client.delete"}) {
		t.Errorf("events %v", types)
	}
}

func TestDocumentsReadBackWhatTheyPrinted(t *testing.T) {
	w := newWorld(t)
	m := base()
	m.JWKS = json.RawMessage(`null`)
	g := w.create(m, Options{ClientID: "app"})
	raw, err := json.Marshal(g.Document())
	if err != nil {
		t.Fatal(err)
	}
	d, err := ParseDocument(raw)
	if err != nil {
		t.Fatal(err)
	}
	if d.ClientID != "app" || d.ClientSecret != g.Secret || fmt.Sprint(d.ClientMetadata) != fmt.Sprint(g.Client.Metadata) || *d.SecretExpiresAt != 0 {
		t.Errorf("%s", raw)
	}
	if raw, err = json.Marshal(DocumentOf(g.Client)); err != nil || strings.Contains(string(raw), "client_secret\"") {
		t.Errorf("%s", raw)
	}
}

// DR04: nothing is to be had by members that are not ours, and nothing is left out by a misspelt one.
func TestDocumentsRefuseWhatTheyDoNotKnow(t *testing.T) {
	for raw, member := range map[string]string{
		`{"skip_consent":true}`: "skip_consent", `{"tenant_id":"x"}`: "tenant_id", `{"first_party":true}`: "first_party", `{"Redirect_URIs":[]}`: "Redirect_URIs",
		`{"allowed_cors_origins":["*"]}`: "allowed_cors_origins", `{"<b>":1}`: "a member", `{"redirect_uris":"x"}`: "redirect_uris", `{"":1}`: "a member",
	} {
		_, err := ParseDocument([]byte(raw))
		if p, ok := AsProblem(err); !ok || p.Member != member {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for _, raw := range []string{``, `[]`, `{"scope":"a","scope":"b"}`, `{} {}`, `{"scope":`} {
		if _, err := ParseDocument([]byte(raw)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	w := newWorld(t)
	m := storage.ClientMetadata{
		RedirectURIs: []string{"http://localhost:3000/cb"}, ApplicationType: "native", ResponseTypes: []string{"id_token", "code"},
		TokenEndpointAuthMethod: "none", FirstParty: true,
	}
	if g := w.create(m, Options{}); len(g.Warnings) != 3 {
		t.Errorf("%q", g.Warnings)
	}
	if g := w.create(base(), Options{}); len(g.Warnings) != 0 {
		t.Errorf("%q", g.Warnings)
	}
}
