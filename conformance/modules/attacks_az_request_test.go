package modules

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestAZ08_DuplicateParameters(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	w.begins(w.AuthURL(rp) + "&unknown=1")
	for _, name := range []string{"client_id", "redirect_uri", "state", "code_challenge", "scope", "response_type", "nonce", "prompt"} {
		for _, value := range []string{"other", "", "code"} {
			second := "&" + name + "=" + value
			w.page(w.Get(w.AuthURL(rp, "prompt", "consent")+second), 400, "invalid_request", "app.test")
		}
		w.page(w.Raw("POST", "/oauth2/authorize?"+name+"=other", strings.SplitN(w.AuthURL(rp, "prompt", "consent"), "?", 2)[1], "Content-Type", testkit.FormType), 400, "invalid_request", "app.test")
	}

	code := w.code(rp)
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {rp.Redirect}, "code_verifier": {testkit.Verifier}}
	for _, name := range []string{"code", "grant_type", "redirect_uri", "code_verifier"} {
		for _, value := range []string{"other", form.Get(name)} {
			req := w.Request("/oauth2/token", rp, form)
			again := w.Raw("POST", "/oauth2/token", form.Encode()+"&"+name+"="+url.QueryEscape(value), "Content-Type", testkit.FormType, "Authorization", req.Header.Get("Authorization"))
			w.refused(again, 400, "invalid_request")
		}
		inQuery := w.Raw("POST", "/oauth2/token?"+name+"=other", form.Encode(), "Content-Type", testkit.FormType, "Authorization", w.Request("/oauth2/token", rp, form).Header.Get("Authorization"))
		w.refused(inQuery, 400, "invalid_request")
	}
	w.ok(w.Redeem(rp, code)) // nothing was issued or spent meanwhile
}

func TestAZ09_PKCERequired(t *testing.T) {
	w := open(t)
	public, confidential := w.public(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{})
	old := storage.ClientMetadata{}
	old.PKCEOptional = true // by the operator's leave
	unable := w.public(old)
	code := w.Browser().Authorize(w.AuthURL(unable, "code_challenge", "", "code_challenge_method", ""), w.email).Get("code")
	w.ok(w.Redeem(unable, code, "code_verifier", ""))
	w.begins(w.AuthURL(public))
	w.begins(w.AuthURL(confidential, "code_challenge", "", "code_challenge_method", ""))
	refuse := func(row string, rp *testkit.RP, to string) {
		t.Helper()
		w.row(row, func() { w.refusedTo(w.Get(to), rp, "query", "invalid_request") })
	}
	refuse("authorize.pkce_required", public, w.AuthURL(public, "code_challenge", "", "code_challenge_method", ""))
	refuse("authorize.pkce_required", public, w.AuthURL(public, "code_challenge", "")+"&code_challenge=")
	for _, rp := range []*testkit.RP{public, confidential} {
		refuse("authorize.pkce_method", rp, w.AuthURL(rp, "code_challenge_method", "plain"))
		refuse("authorize.pkce_method", rp, w.AuthURL(rp, "code_challenge_method", "s256"))
		refuse("authorize.pkce_method", rp, w.AuthURL(rp, "code_challenge_method", "S512"))
		refuse("authorize.pkce_method", rp, w.AuthURL(rp, "code_challenge_method", ""))
		for _, challenge := range []string{"abcdefghij", strings.Repeat("a", 500), strings.Repeat("a", 42), strings.Repeat("a", 44), strings.Repeat("a", 42) + "=", strings.Repeat("a", 42) + "+"} {
			refuse("authorize.pkce_challenge", rp, w.AuthURL(rp, "code_challenge", challenge))
		}
	}
	refuse("authorize.pkce_challenge", confidential, w.AuthURL(confidential, "code_challenge", "")+"&code_challenge=")
	refuse("authorize.pkce_challenge", confidential, w.AuthURL(confidential, "code_challenge", ""))
}

func TestAZ10_VerifierOmitted(t *testing.T) {
	w := open(t)
	for _, rp := range []*testkit.RP{w.public(storage.ClientMetadata{}), w.Client(storage.ClientMetadata{})} {
		code := w.code(rp)
		other := strings.Repeat("v", 43)
		for _, verifier := range []string{"", other, "", other} { // also after a wrong one
			w.row("code.verifier", func() { w.refused(w.Redeem(rp, code, "code_verifier", verifier), 400, "invalid_grant") })
		}
		w.ok(w.Redeem(rp, code))
	}
}

func TestAZ11_PKCEDowngrade(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	code := w.code(rp, "code_challenge", "", "code_challenge_method", "")
	w.row("code.verifier", func() { w.refused(w.Redeem(rp, code), 400, "invalid_grant") })
	w.ok(w.Redeem(rp, code, "code_verifier", ""))
}

func TestAZ13_VerifierFormat(t *testing.T) {
	w := open(t)
	rp := w.Client(storage.ClientMetadata{})
	redeem := func(verifier string) *testkit.Answer {
		sum := sha256.Sum256([]byte(verifier))
		code := w.code(rp, "code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		return w.Redeem(rp, code, "code_verifier", verifier)
	}
	for _, verifier := range []string{strings.Repeat("a", 43), strings.Repeat("a", 128), strings.Repeat("aA9-._~", 8)} {
		w.ok(redeem(verifier))
	}
	long := strings.Repeat("a", 43)
	for _, verifier := range []string{strings.Repeat("a", 42), strings.Repeat("a", 129), long + "!", long + " ", long + "=", long + "+/", long + "ä", long + "%20"} {
		w.row("code.verifier", func() { w.refused(redeem(verifier), 400, "invalid_grant") })
	}
}
