package modules

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/kerberos/kerberostest"
	"github.com/jedan-auth/jedan-auth/internal/app"
)

// TestKB_Where: only browsers that the policy names are asked, and only theirs are listened to.
func TestKB_Where(t *testing.T) {
	for name, c := range map[string]struct {
		networks, agents []string
		header           []string
		asked            bool
	}{
		"nowhere":                        {nil, nil, nil, false},
		"nowhere, whatever the agent":    {nil, []string{"Corp"}, []string{"User-Agent", "Corp/1"}, false},
		"another network":                {[]string{"10.0.0.0/8"}, nil, nil, false},
		"this network":                   {[]string{"10.0.0.0/8", "127.0.0.0/8"}, nil, nil, true},
		"another agent":                  {[]string{"127.0.0.0/8"}, []string{"Corp"}, []string{"User-Agent", "Mozilla/5.0"}, false},
		"this agent":                     {[]string{"127.0.0.0/8"}, []string{"Edg", "Corp"}, []string{"User-Agent", "Mozilla/5.0 Corp/1"}, true},
		"the proxy's own network":        {[]string{"127.0.0.0/8"}, nil, []string{"X-Forwarded-For", "203.0.113.7"}, false},
		"behind the proxy":               {[]string{"203.0.113.0/24"}, nil, []string{"X-Forwarded-For", "10.0.0.1, 203.0.113.7"}, true},
		"an address that a stranger set": {[]string{"10.0.0.0/8"}, nil, []string{"X-Forwarded-For", "10.0.0.1, 203.0.113.7"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newKB(t, func(d *federation.Draft) {
				configure(d, "networks", c.networks)
				configure(d, "agents", c.agents)
			}, func(cfg *app.Config) { cfg.Proxies = []string{"127.0.0.0/8"} })
			b := w.Browser()
			at := b.Get(w.AuthURL(w.rp)).URL.String()
			if a := b.Raw(http.MethodGet, at, "", c.header...); (a.Status == http.StatusUnauthorized) != c.asked || (a.Header.Get("WWW-Authenticate") != "") != c.asked {
				t.Errorf("asked: %d %v", a.Status, a.Header)
			}
			mark := w.Log.Mark()
			a := b.Raw(http.MethodGet, at, "", append([]string{"Authorization", w.realm.Token().Header()}, c.header...)...)
			if signed := a.Status == http.StatusSeeOther; signed != c.asked || len(w.Log.Refused(mark)) != 0 {
				t.Errorf("taken: %d %v", a.Status, w.Log.Refused(mark))
			}
		})
	}
}

// TestKB_Clients: a connector that serves other applications asks nobody here.
func TestKB_Clients(t *testing.T) {
	w := newKB(t, func(d *federation.Draft) { d.Settings.Clients = []string{"another"} })
	b, h := w.with()
	w.form("another application's", b.Get(w.AuthURL(w.rp)))
	if h.asked != 0 {
		t.Error("asked")
	}
	if err := w.change("tickets", func(d *federation.Draft) { d.Settings.Clients, d.Disabled = nil, true }); err != nil {
		t.Fatal(err)
	}
	w.form("switched off", b.Get(w.AuthURL(w.rp)))
}

// TestKB_Large: tickets of 64 KiB pass where they are asked for, and nothing else of that size does.
func TestKB_Large(t *testing.T) {
	w := newKB(t, nil)
	large := func(s *kerberostest.Spec) {
		s.Ticket.AuthorizationData = types.AuthorizationData{{ADType: 1, ADData: make([]byte, 63<<10)}}
	}
	b, h := w.with(large)
	w.subject(b.Get(w.AuthURL(w.rp)))
	w.proved(h, true)
	long := strings.Repeat("x", 60<<10)
	for name, header := range map[string][]string{
		"a cookie": {"Cookie", "a=" + long}, "another scheme": {"Authorization", "Bearer " + long}, "a ticket and more": {"Authorization", w.realm.Token().Header(), "X-Long", long},
	} {
		if a := w.Get("/login", header...); a.Status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	if a := w.Raw(http.MethodPost, "/oauth2/token", "", "Authorization", w.realm.Token(large).Header()); a.Status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("elsewhere: %d", a.Status)
	}
}

// TestKB_LargeElsewhere: outside the networks requests stay as small as they are without Kerberos.
func TestKB_LargeElsewhere(t *testing.T) {
	w := newKB(t, func(d *federation.Draft) { configure(d, "networks", []string{"10.0.0.0/8"}) })
	w.Get("/login") // the connectors are known by now
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/login", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Negotiate "+strings.Repeat("A", 60<<10))
	resp, err := w.HTTP.Do(req)
	if err != nil {
		return // it was cut off
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%d", resp.StatusCode)
	}
}

// TestKB_Elsewhere: whom the page would lead to another service is asked for a ticket first; without one they are led there as ever.
func TestKB_Elsewhere(t *testing.T) {
	w := &kbWorld{ldapWorld: &ldapWorld{feWorld: newFE(t, func(d *federation.Draft) { d.Settings.Home.Networks = []string{"127.0.0.0/8"} })}}
	w.realm = kerberostest.New(t, w.Clock.Now, kbService)
	w.tickets(nil)
	p := w.Browser().Get(w.AuthURL(w.rp))
	if p.Status != http.StatusUnauthorized || p.Header.Get("WWW-Authenticate") != "Negotiate" || !strings.Contains(p.Body, "/federation/corp/start") || p.HasID("login-password") {
		t.Errorf("%d %v", p.Status, p.Header)
	}
	b, h := w.with()
	w.subject(b.Get(w.AuthURL(w.rp)))
	w.proved(h, true)
}
