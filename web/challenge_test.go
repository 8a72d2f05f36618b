package web

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Another service's challenge widens the policy of its own page alone, by what the service documents, and no value of ours breaks out of it.
func TestForeignChallenges(t *testing.T) {
	r := newRenderer(t, Options{})
	for kind, want := range map[ChallengeKind][]string{
		ChallengeTurnstile: {
			"default-src 'none'; style-src 'self'; script-src 'self' https://challenges.cloudflare.com; img-src 'self'; font-src 'self'; " +
				"frame-src https://challenges.cloudflare.com; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			`class="cf-turnstile"`, `<script src="https://challenges.cloudflare.com/turnstile/v0/api.js" defer>`, `data-action="login"`, `data-cdata="n1"`,
		},
		ChallengeHCaptcha: {
			"default-src 'none'; style-src 'self' https://hcaptcha.com https://*.hcaptcha.com; script-src 'self' https://hcaptcha.com https://*.hcaptcha.com; " +
				"img-src 'self'; font-src 'self'; connect-src 'self' https://hcaptcha.com https://*.hcaptcha.com; frame-src https://hcaptcha.com https://*.hcaptcha.com; " +
				"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			`class="h-captcha"`, `<script src="https://js.hcaptcha.com/1/api.js" defer>`, `data-sitekey="s&#34;&gt;&lt;x-evil&gt;"`,
		},
	} {
		c := Challenge{Kind: kind, Token: "t1", Nonce: "n1", SiteKey: `s"><x-evil>`, Purpose: "login", Wait: 20 * time.Second}
		for _, p := range []Page{LoginPage{CSRF: "c", Challenge: c}, RecoveryPage{Challenge: c}, SignupPage{Challenge: c}, MailSignInPage{Challenge: c}, LostPage{Challenge: c}} {
			w := draw(t, r, "/", http.StatusOK, p)
			if got := w.Header().Get("Content-Security-Policy"); got != want[0] {
				t.Errorf("%T: policy\n%s, want\n%s", p, got, want[0])
			}
			for _, part := range append(want[1:], `id="challenge-wait"`, `name="challenge" value="t1"`) {
				if !strings.Contains(w.Body.String(), part) {
					t.Errorf("%T lacks %s", p, part)
				}
			}
			if strings.Contains(w.Body.String(), "<x-evil") || strings.Contains(w.Body.String(), "challenge.js") {
				t.Errorf("%T: %s", p, w.Body)
			}
		}
	}
	if got := draw(t, r, "/", http.StatusOK, LoginPage{}).Header().Get("Content-Security-Policy"); strings.Contains(got, "https:") {
		t.Errorf("without a challenge: %s", got)
	}
}
