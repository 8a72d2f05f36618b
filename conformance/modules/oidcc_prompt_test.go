package modules

import (
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/testkit"
)

func TestOIDCC_DisplayPage(t *testing.T)  { display(t, "page") }
func TestOIDCC_DisplayPopup(t *testing.T) { display(t, "popup") }

func display(t *testing.T, kind string) {
	t.Helper()
	all(t, func(_ *testing.T, s *suite) {
		s.tokens(s.login("display", kind))
		s.row("authorize.display", func() { s.refusedTo(get(s.b, s.url("display", "hologram")), s.rp, s.v.mode, "invalid_request") })
	})
}

// again is a sign-in that must be asked for though a session is live, and must move auth_time.
func again(t *testing.T, change ...string) {
	t.Helper()
	each(t, variants(), clocked(t), func(t *testing.T, s *suite) {
		before, _ := s.tokens(s.login("max_age", "15000"))
		s.Clock.Advance(2 * time.Second)
		p := s.visit(s.url(change...))
		if !p.HasID("login-password") {
			t.Fatalf("no sign-in page but %s", p.URL.Path)
		}
		after, _ := s.tokens(s.finish(p))
		if after["auth_time"].(float64) <= before["auth_time"].(float64) || after["sub"] != before["sub"] {
			t.Errorf("before %v, after %v", before, after)
		}
	})
}

func TestOIDCC_PromptLogin(t *testing.T) { again(t, "prompt", "login") }
func TestOIDCC_MaxAge1(t *testing.T)     { again(t, "max_age", "1") }

func TestOIDCC_PromptNoneNotLoggedIn(t *testing.T) {
	all(t, func(t *testing.T, s *suite) {
		state := strings.Repeat("aZ09-._~", 16)
		q := s.refusedTo(get(s.b, s.url("prompt", "none", "state", state)), s.rp, s.v.mode, "login_required")
		if q.Get("state") != state {
			t.Errorf("state %q", q.Get("state"))
		}
	})
}

// same is a second request that must be answered silently by the same sign-in.
func same(t *testing.T, second func(s *suite, idToken string) []string) {
	t.Helper()
	all(t, func(t *testing.T, s *suite) {
		q := s.login("max_age", "15000")
		idToken := q.Get("id_token")
		before, _ := object(nil), ""
		if s.v.returns("code") {
			a := s.exchange(q.Get("code"))
			before, idToken = s.idToken(a, s.rp), a.Text("id_token")
		} else {
			before = s.idTokenText(idToken, s.rp)
		}
		p := s.visit(s.url(second(s, idToken)...))
		if p.Location == nil && !p.HasID("form-post") {
			t.Fatalf("asked on %s", p.URL.Path)
		}
		q = s.read(p)
		s.success(q)
		after, _ := s.tokens(q)
		if after["auth_time"] != before["auth_time"] || after["sub"] != before["sub"] {
			t.Errorf("before %v, after %v", before, after)
		}
	})
}

func TestOIDCC_PromptNoneLoggedIn(t *testing.T) {
	same(t, func(*suite, string) []string { return []string{"prompt", "none"} })
}

func TestOIDCC_MaxAge10000(t *testing.T) {
	same(t, func(*suite, string) []string { return []string{"max_age", "10000"} })
}

func TestOIDCC_IDTokenHint(t *testing.T) {
	same(t, func(_ *suite, idToken string) []string { return []string{"prompt", "none", "id_token_hint", idToken} })
}

func TestOIDCC_LoginHint(t *testing.T) {
	all(t, func(t *testing.T, s *suite) {
		p := s.visit(s.url("login_hint", "buffy@localhost"))
		_, fields := p.Form()
		if p.HasID("step-back") || fields.Get("identifier") != "buffy@localhost" && fields.Get("identifier") != "" {
			t.Errorf("the identifier is fixed: %v", fields)
		}
		s.tokens(s.finish(p))
	})
}

func TestOIDCC_UILocales(t *testing.T) {
	all(t, func(t *testing.T, s *suite) {
		for locales, want := range map[string]string{"se": "en", "de": "de", "se de": "de", "../../etc/passwd": "en", "de-CH": "de"} {
			if p := s.visit(s.url("ui_locales", locales)); !strings.Contains(p.Body, `<html lang="`+want+`"`) || !p.HasID("login-password") {
				t.Errorf("%s: %.80s", locales, p.Body)
			}
		}
		s.tokens(s.login("ui_locales", "se"))
	})
}

func TestOIDCC_ClaimsLocales(t *testing.T) {
	all(t, func(_ *testing.T, s *suite) { s.tokens(s.login("claims_locales", "se")) })
}

// prompt=consent asks though it was asked before, and what is asked is granted without ticking anything.
func TestOIDCC_PromptConsent(t *testing.T) {
	each(t, codeVariants(), open, func(t *testing.T, s *suite) {
		s.login()
		p := s.visit(s.url("prompt", "consent", "scope", "openid offline_access"))
		if !p.HasID("consent-allow") {
			t.Fatalf("no consent screen but %s", p.URL.Path)
		}
		if a := s.exchange(s.finish(p).Get("code")); a.Text("scope") != "openid offline_access" || a.Text("refresh_token") == "" {
			t.Errorf("answer %s", a.Body)
		}
		if p := s.visit(s.url("prompt", "login consent")); !p.HasID("login-password") || !p.SignIn(s.email, testkit.Password).HasID("consent-allow") {
			t.Error("prompt=login consent does not ask for both")
		}
	})
}
