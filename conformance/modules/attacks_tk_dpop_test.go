package modules

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

// byKey is a registration whose tokens are bound to a key.
func byKey(m storage.ClientMetadata) storage.ClientMetadata {
	m.DPoPBound = true
	return m
}

func TestTK37_DPoPProof(t *testing.T) {
	w := open(t)
	rp, k := w.machine(byKey(storage.ClientMetadata{})), newKey(t, "ES256")
	w.keyed(w.machineToken(rp, w.tokenProof(k)), rp, k)
	for name, bad := range badProofs() {
		proof := bad.make(w, k)
		w.row(bad.row, func() {
			if a := w.machineToken(rp, proof); a.Status != 400 || a.Text("error") != "invalid_dpop_proof" || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		})
	}
	w.row("dpop.one_header", func() { w.refused(w.machineToken(rp, w.tokenProof(k), w.tokenProof(k)), 400, "invalid_dpop_proof") })
	w.refused(w.machineToken(rp), 400, "invalid_dpop_proof") // none at all

	// What is the same URL, and what says nothing, is taken.
	host := strings.TrimPrefix(w.URL, "http://")
	for _, htu := range []string{
		w.URL + "/oauth2/token?x=1", w.URL + "/oauth2/token#x", "HTTP://" + host + "/oauth2/token", w.URL + "/oauth2/%74oken", w.URL + "/oauth2/x/../token", w.URL + "/./oauth2/token",
	} {
		w.keyed(w.machineToken(rp, w.tokenProof(k, "htu", htu)), rp, k)
	}
	for _, changes := range [][]any{{"iat", w.Clock.Now().Add(-10 * time.Second).Unix()}, {"iat", w.Clock.Now().Add(10 * time.Second).Unix()}, {"x", 1, "ath", "y"}, {"nonce", "unasked"}} {
		w.keyed(w.machineToken(rp, w.tokenProof(k, changes...)), rp, k)
	}
}

// The host is ours by configuration: what a request says of its host changes nothing.
func TestTK37_DPoPHost(t *testing.T) {
	w := open(t)
	rp, k := w.machine(byKey(storage.ClientMetadata{})), newKey(t, "ES256")
	req := w.Request("/oauth2/token", rp, form("grant_type", "client_credentials"))
	req.Header["X-Forwarded-Host"], req.Header["Forwarded"] = []string{"evil.test"}, []string{"host=evil.test"}
	req.Header["Dpop"] = []string{w.tokenProof(k, "htu", "http://evil.test/oauth2/token")}
	w.row("dpop.uri", func() { w.refused(w.Do(req), 400, "invalid_dpop_proof") })
}

func TestTK37_DPoPReplay(t *testing.T) {
	w := alone(t)
	rp, k := w.machine(byKey(storage.ClientMetadata{})), newKey(t, "ES256")
	once := w.tokenProof(k)
	w.ok(w.machineToken(rp, once))
	w.row("dpop.unused", func() { w.refused(w.machineToken(rp, once), 400, "invalid_dpop_proof") })
	w.row("dpop.unused", func() {
		w.refused(w.machineToken(w.machine(byKey(storage.ClientMetadata{})), once), 400, "invalid_dpop_proof")
	})
	w.ok(w.machineToken(rp, w.tokenProof(newKey(t, "ES256"), "jti", "same"))) // another key's jti is its own
	w.ok(w.machineToken(rp, w.tokenProof(k, "jti", "same")))
	w.Restart()
	w.refused(w.machineToken(rp, once), 400, "invalid_dpop_proof")

	// A proof is forgotten only when nobody would take it any more.
	w.Clock.Advance(90 * time.Second)
	w.row("dpop.unused", func() { w.refused(w.machineToken(rp, once), 400, "invalid_dpop_proof") })
	w.Clock.Advance(90 * time.Second)
	w.row("dpop.time", func() { w.refused(w.machineToken(rp, once), 400, "invalid_dpop_proof") })
}

// Whoever only knows the name of a public client makes the server write nothing, however many good proofs they send.
func TestTK37_DPoPStrangersWriteNothing(t *testing.T) {
	w := alone(t)
	rp, k := w.public(byKey(storage.ClientMetadata{})), newKey(t, "ES256")
	rows := func() int { return w.count("replays") }
	before := rows()
	for _, f := range []string{"jdc_forged", ""} {
		w.redeemBy(rp, f, w.tokenProof(k))
		w.refreshBy(rp, f, w.tokenProof(k))
	}
	w.prove("/oauth2/token", rp, form("grant_type", "client_credentials"), w.tokenProof(k))
	w.presented("DPoP", "jda_forged", w.resourceProof(k, "jda_forged"))
	if n := rows(); n != before {
		t.Errorf("%d rows more", n-before)
	}
	w.ok(w.redeemBy(rp, w.code(rp), w.tokenProof(k)))
	if n := rows(); n != before+1 {
		t.Errorf("%d rows more for one good request", n-before)
	}
}

// count is how many rows a table has.
func (w *world) count(table string) (n int) {
	w.t.Helper()
	w.must(w.App.DB.SQL().QueryRow("SELECT count(*) FROM " + table).Scan(&n))
	return n
}

// A token that is bound to a key is worth nothing without it, in either format (RFC 9449 section 7).
func TestTK37_DPoPResource(t *testing.T) {
	w := open(t)
	k := newKey(t, "ES256")
	for _, format := range []string{"jwt", "opaque"} {
		rp := w.Client(byKey(storage.ClientMetadata{AccessTokenFormat: format}))
		token := w.keyed(w.redeemBy(rp, w.code(rp), w.tokenProof(k)), rp, k)
		for _, scheme := range []string{"DPoP", "dpop"} {
			if a := w.ok(w.presented(scheme, token, w.resourceProof(k, token))); a.Text("email") != w.email {
				t.Errorf("%s: %s", scheme, a.Body)
			}
		}
		w.challenged(w.presented("Bearer", token), "invalid_token")
		w.challenged(w.presented("Bearer", token, w.resourceProof(k, token)), "invalid_token")
		w.challenged(w.presented("DPoP", token), "invalid_dpop_proof")
		w.challenged(w.presented("DPoP", token, w.resourceProof(newKey(t, "ES256"), token)), "invalid_token")
		w.row("dpop.access_token", func() {
			w.challenged(w.presented("DPoP", token, w.resourceProof(k, token, "ath", nil)), "invalid_dpop_proof")
		})
		w.row("dpop.access_token", func() {
			w.challenged(w.presented("DPoP", token, w.resourceProof(k, token, "ath", ath("x"))), "invalid_dpop_proof")
		})
		w.row("dpop.method", func() {
			w.challenged(w.presented("DPoP", token, w.resourceProof(k, token, "htm", "POST")), "invalid_dpop_proof")
		})
		w.row("dpop.uri", func() {
			w.challenged(w.presented("DPoP", token, w.proof(k, "/oauth2/token", "htm", "GET", "ath", ath(token))), "invalid_dpop_proof")
		})
		w.row("dpop.one_header", func() {
			w.challenged(w.presented("DPoP", token, w.resourceProof(k, token), w.resourceProof(k, token)), "invalid_dpop_proof")
		})
		once := w.resourceProof(k, token)
		w.ok(w.presented("DPoP", token, once))
		w.row("dpop.unused", func() { w.challenged(w.presented("DPoP", token, once), "invalid_dpop_proof") })
		body := w.Raw(http.MethodPost, "/oauth2/userinfo", form("access_token", token).Encode(), "Content-Type", testkit.FormType, "DPoP", w.resourceProof(k, token, "htm", "POST"))
		w.challenged(body, "invalid_token")
	}
	// The other way round: a bearer token does not become more by a proof.
	rp := w.Client(storage.ClientMetadata{})
	token := w.tokens(rp).Text("access_token")
	w.challenged(w.presented("DPoP", token, w.resourceProof(k, token)), "invalid_token")
	w.ok(w.presented("Bearer", token, w.resourceProof(k, token)))
	none := w.Get("/oauth2/userinfo")
	if c := none.Header["Www-Authenticate"]; none.Status != 401 || len(c) != 2 || !strings.HasPrefix(c[0], "Bearer ") || !strings.HasPrefix(c[1], "DPoP ") || !strings.Contains(c[1], `algs="ES256 EdDSA PS256"`) {
		t.Errorf("%d %q", none.Status, c)
	}
}

// challenged wants RFC 9449 section 7.1's answer.
func (w *world) challenged(a *testkit.Answer, code string) {
	w.t.Helper()
	w.refused(a, 401, code)
	if c := a.Header["Www-Authenticate"]; len(c) != 1 || !strings.HasPrefix(c[0], "DPoP ") || !strings.Contains(c[0], `error="`+code+`"`) || !strings.Contains(c[0], `algs="ES256 EdDSA PS256"`) {
		w.t.Errorf("WWW-Authenticate %q", c)
	}
}

// A code is worth nothing without the key that the authorization request named (RFC 9449 section 10).
func TestTK37_DPoPBoundCode(t *testing.T) {
	w := open(t)
	k, other := newKey(t, "ES256"), newKey(t, "ES256")
	for _, rp := range []*testkit.RP{w.Client(storage.ClientMetadata{}), w.public(storage.ClientMetadata{})} {
		code := w.code(rp, "dpop_jkt", k.jkt())
		w.row("code.dpop_jkt", func() { w.refused(w.redeemBy(rp, code), 400, "invalid_grant") })
		w.row("code.dpop_jkt", func() { w.refused(w.redeemBy(rp, code, w.tokenProof(other)), 400, "invalid_grant") })
		w.keyed(w.redeemBy(rp, code, w.tokenProof(k)), rp, k)
	}
	rp := w.Client(storage.ClientMetadata{})
	for _, jkt := range []string{"x", k.jkt() + "A", strings.Repeat("é", 21) + "x", k.jkt()[:42] + "="} {
		w.row("authorize.dpop_jkt", func() { w.refusedTo(w.Get(w.AuthURL(rp, "dpop_jkt", jkt)), rp, "query", "invalid_request") })
	}
}

// Refresh tokens of public clients are tied to the key and kept; those of confidential clients to the client (RFC 9449 section 5).
func TestTK37_DPoPBoundRefresh(t *testing.T) {
	w := alone(t)
	k, other := newKey(t, "ES256"), newKey(t, "ES256")
	scope := []string{"scope", "openid offline_access"}
	public := w.public(storage.ClientMetadata{})
	a := w.redeemBy(public, w.code(public, scope...), w.tokenProof(k))
	w.keyed(a, public, k)
	refresh := a.Text("refresh_token")
	w.row("refresh.bound", func() { w.refused(w.refreshBy(public, refresh), 400, "invalid_grant") })
	w.row("refresh.bound", func() { w.refused(w.refreshBy(public, refresh, w.tokenProof(other)), 400, "invalid_grant") })
	for range 3 { // theft by somebody without the key changed nothing, and using it does not renew it
		again := w.refreshBy(public, refresh, w.tokenProof(k))
		w.keyed(again, public, k)
		if again.Text("refresh_token") != refresh {
			t.Error("the refresh token was renewed")
		}
		w.Clock.Advance(20 * time.Second)
	}
	rotating := w.public(storage.ClientMetadata{})
	first := w.ok(w.Redeem(rotating, w.code(rotating, scope...))).Text("refresh_token")
	if second := w.ok(w.Refresh(rotating, first)).Text("refresh_token"); second == first {
		t.Error("without a key the refresh token was kept")
	}
	confidential := w.Client(byKey(storage.ClientMetadata{}))
	a = w.redeemBy(confidential, w.code(confidential, scope...), w.tokenProof(k))
	w.keyed(a, confidential, k)
	refresh = a.Text("refresh_token")
	w.keyed(w.refreshBy(confidential, refresh, w.tokenProof(other)), confidential, other) // it may change its key
	w.refused(w.refreshBy(confidential, refresh), 400, "invalid_dpop_proof")
	if i := w.ok(w.Call("/oauth2/introspect", confidential, form("token", refresh, "token_type_hint", "refresh_token"))); i.JSON["active"] != true || i.JSON["cnf"] != nil {
		t.Errorf("introspection: %s", i.Body)
	}
}

// Nonces of the server (RFC 9449 section 8): asked for, good for a while, made by no other.
func TestTK37_DPoPNonce(t *testing.T) {
	w := alone(t)
	m := byKey(storage.ClientMetadata{})
	m.DPoPNonce = true
	rp, k := w.machine(m), newKey(t, "ES256")
	asked := w.machineToken(rp, w.tokenProof(k))
	w.refused(asked, 400, "use_dpop_nonce")
	nonce := asked.Header.Get("DPoP-Nonce")
	if nonce == "" {
		t.Fatalf("no nonce: %v", asked.Header)
	}
	fresh := w.machineToken(rp, w.tokenProof(k, "nonce", nonce, "iat", w.Clock.Now().Add(-time.Hour).Unix())) // the nonce says when it was made
	w.keyed(fresh, rp, k)
	if fresh.Header.Get("DPoP-Nonce") == "" {
		t.Error("no nonce beside a success")
	}
	w.row("dpop.time", func() {
		w.refused(w.machineToken(rp, w.tokenProof(k, "nonce", nonce, "iat", w.Clock.Now().Add(48*time.Hour).Unix())), 400, "invalid_dpop_proof")
	})
	// A proof of the future that a nonce let through is not new when its date comes, to a client that needs no nonce.
	ahead := w.tokenProof(k, "nonce", nonce, "iat", w.Clock.Now().Add(time.Hour).Unix())
	w.ok(w.machineToken(rp, ahead))
	for _, bad := range []string{"x", nonce + "A", nonce[:len(nonce)-2] + "AA", ath(nonce), strings.Repeat("A", len(nonce))} {
		w.row("dpop.nonce", func() { w.refused(w.machineToken(rp, w.tokenProof(k, "nonce", bad)), 400, "use_dpop_nonce") })
	}
	once := w.tokenProof(k, "nonce", nonce)
	w.ok(w.machineToken(rp, once))
	w.Clock.Advance(3 * time.Minute)
	w.row("dpop.unused", func() { w.refused(w.machineToken(rp, once), 400, "invalid_dpop_proof") })
	w.ok(w.machineToken(rp, w.tokenProof(k, "nonce", nonce)))
	w.Clock.Advance(3 * time.Minute)
	w.row("dpop.nonce", func() { w.refused(w.machineToken(rp, w.tokenProof(k, "nonce", nonce)), 400, "use_dpop_nonce") })
	other := w.machine(byKey(storage.ClientMetadata{}))
	w.Clock.Advance(54 * time.Minute)
	w.row("dpop.unused", func() { w.refused(w.machineToken(other, ahead), 400, "invalid_dpop_proof") })
	if a := w.ok(w.machineToken(other, w.tokenProof(k))); a.Header.Get("DPoP-Nonce") != "" {
		t.Error("a client that needs no nonce was given one")
	}
}

func TestTK37_DPoPNonceForAll(t *testing.T) {
	w := alone(t, cheap, withNonces)
	rp, k := w.Client(byKey(storage.ClientMetadata{})), newKey(t, "ES256")
	code := w.code(rp)
	asked := w.redeemBy(rp, code, w.tokenProof(k))
	w.refused(asked, 400, "use_dpop_nonce")
	nonce := asked.Header.Get("DPoP-Nonce")
	token := w.keyed(w.redeemBy(rp, code, w.tokenProof(k, "nonce", nonce)), rp, k)
	again := w.presented("DPoP", token, w.resourceProof(k, token))
	w.challenged(again, "use_dpop_nonce")
	w.ok(w.presented("DPoP", token, w.resourceProof(k, token, "nonce", again.Header.Get("DPoP-Nonce"))))
	w.tokens(w.Client(storage.ClientMetadata{})) // who proves nothing needs no nonce
}

// Sixteen at once with one proof, on as many servers as there are: one is served.
func TestTK37_DPoPRace(t *testing.T) {
	w := alone(t)
	nodes := []*testkit.Server{w.Server}
	if w.App.Config.Database != "" {
		nodes = append(nodes, w.Node(t))
	}
	rp, k := w.machine(byKey(storage.ClientMetadata{})), newKey(t, "ES256")
	person := w.Client(byKey(storage.ClientMetadata{}))
	token := w.keyed(w.redeemBy(person, w.code(person), w.tokenProof(k)), person, k)
	for range 20 {
		proof := w.tokenProof(k)
		if won := together(16, func(i int) bool {
			req := nodes[i%len(nodes)].Request("/oauth2/token", rp, form("grant_type", "client_credentials"))
			req.Header["Dpop"] = []string{proof}
			return nodes[i%len(nodes)].Do(req).Status == 200
		}); won != 1 {
			t.Fatalf("one proof was taken %d times by the token endpoint", won)
		}
		proof = w.resourceProof(k, token)
		if won := together(16, func(i int) bool {
			return nodes[i%len(nodes)].Get("/oauth2/userinfo", "Authorization", "DPoP "+token, "DPoP", proof).Status == 200
		}); won != 1 {
			t.Fatalf("one proof was taken %d times by UserInfo", won)
		}
	}
}
