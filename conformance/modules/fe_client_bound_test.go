package modules

import (
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jedan-auth/jedan-auth/federation"
)

// TestFE_PAR: the browser brings the name of the request, and nothing of it.
func TestFE_PAR(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	o.set(func(o *socialOP) {
		o.meta = map[string]any{"pushed_authorization_request_endpoint": o.url() + "/par", "require_pushed_authorization_requests": true}
	})
	w.provider("corp", "oidc", map[string]any{"issuer": o.url()})
	to := w.away(w.Browser(), "corp")
	if q := to.Query(); len(q) != 2 || q.Get("client_id") != "jedan" || q.Get("request_uri") == "" {
		t.Error(to)
	}
	_, page := w.by("corp", o)
	w.subject(page)
	start := func(name string) int {
		b := w.Browser()
		page := b.Get(w.AuthURL(w.rp))
		p := b.Get("/" + strings.TrimPrefix(hrefOf(page.Body, "login-connector-"+name), "/"))
		if p.Location != nil {
			t.Error("sent away with ", p.Location)
		}
		return p.Status
	}
	for name, said := range map[string]any{"none": map[string]any{}, "odd": map[string]any{"request_uri": "a b"}, "long": map[string]any{"request_uri": strings.Repeat("x", 600)}, "a list": []int{}} {
		o.set(func(o *socialOP) {
			o.pushes = func(h http.ResponseWriter) bool { h.WriteHeader(http.StatusCreated); o.json(h, said); return true }
		})
		if status := start("corp"); status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", name, status)
		}
	}
	without := newSocialOP(t, w.Clock.Now, nil)
	w.provider("without", "oidc", map[string]any{"issuer": without.url(), "par": true})
	if status := start("without"); status != http.StatusServiceUnavailable {
		t.Errorf("a provider that takes none: %d", status)
	}
}

// proofs checks DPoP proofs as RFC 9449 section 4.3 says, with a nonce of each endpoint's own.
type proofs struct {
	o    *socialOP
	key  string
	jtis map[string]bool
	asks int
}

func (p *proofs) check(w http.ResponseWriter, r *http.Request, token string) bool {
	p.asks++
	deny := func(code string) bool {
		w.Header().Set("DPoP-Nonce", "nonce-of-"+r.URL.Path)
		if token != "" {
			w.Header().Set("WWW-Authenticate", `DPoP error="`+code+`"`)
			w.WriteHeader(http.StatusUnauthorized)
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		p.o.json(w, map[string]any{"error": code})
		return false
	}
	jws, err := jose.ParseSigned(r.Header.Get("DPoP"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || jws.Signatures[0].Protected.JSONWebKey == nil || jws.Signatures[0].Protected.ExtraHeaders["typ"] != "dpop+jwt" {
		return deny("invalid_dpop_proof")
	}
	key := jws.Signatures[0].Protected.JSONWebKey
	raw, err := jws.Verify(key.Key)
	var c struct{ JTI, HTM, HTU, ATH, Nonce string }
	if err != nil || json.Unmarshal(raw, &c) != nil || !key.IsPublic() {
		return deny("invalid_dpop_proof")
	}
	sum := sha256.Sum256([]byte(token))
	if p.jtis[c.JTI] || c.HTM != r.Method || c.HTU != p.o.url()+r.URL.Path || token != "" && (c.ATH != text64(sum[:]) || r.Header.Get("Authorization") != "DPoP "+token) {
		return deny("invalid_dpop_proof")
	}
	p.jtis[c.JTI] = true
	if c.Nonce != "nonce-of-"+r.URL.Path {
		return deny("use_dpop_nonce")
	}
	thumb, err := key.Thumbprint(crypto.SHA256)
	if err != nil || p.key != "" && p.key != text64(thumb) {
		return deny("invalid_dpop_proof")
	}
	p.key = text64(thumb)
	return true
}

// TestFE_DPoP: tokens are bound to a key of ours that stays, and a plain one is not taken.
func TestFE_DPoP(t *testing.T) {
	w := newSocial(t)
	o := newSocialOP(t, w.Clock.Now, nil)
	p := &proofs{o: o, jtis: map[string]bool{}}
	o.set(func(o *socialOP) {
		o.prove, o.said, o.user = p.check, map[string]any{"token_type": "DPoP"}, map[string]any{"sub": "sub-1", "nickname": "dee"}
	})
	w.provider("corp", "oidc", map[string]any{"issuer": o.url(), "dpop": true, "userinfo": true})
	to := w.away(w.Browser(), "corp").Query()
	_, page := w.by("corp", o)
	w.subject(page)
	if to.Get("dpop_jkt") != p.key || p.key == "" {
		t.Errorf("the code is bound to %q, the tokens to %q", to.Get("dpop_jkt"), p.key)
	}
	asks := p.asks
	if id, err := w.recheck("corp", o.url()+"\nsub-1", &federation.Tokens{Refresh: "refresh-2"}); err != nil || id.Profile["nickname"] != "dee" {
		t.Error("a refresh: ", err, p.asks-asks)
	}
	o.set(func(o *socialOP) { o.said = map[string]any{"token_type": "Bearer"} })
	b, mark := w.Browser(), w.Log.Mark()
	w.refusedBy(b, w.back(b, "corp", o.visit(w.away(b, "corp"))), mark, "oidc_answer.token_type")
	o.set(func(o *socialOP) { // one that is never content
		o.prove = func(h http.ResponseWriter, _ *http.Request, _ string) bool {
			p.asks++
			h.Header().Set("DPoP-Nonce", "x")
			h.WriteHeader(http.StatusBadRequest)
			o.json(h, map[string]any{"error": "use_dpop_nonce"})
			return false
		}
	})
	asks = p.asks
	if _, page := w.by("corp", o); page.Status != http.StatusServiceUnavailable || p.asks-asks != 2 {
		t.Errorf("%d, asked %d times", page.Status, p.asks-asks)
	}
}
