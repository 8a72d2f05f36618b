package httpx

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

func clientSeen(t testing.TB, trusted []netip.Prefix, headers ...string) string {
	t.Helper()
	var got string
	w := newWorld(t, "https://id.test", func(c *Config) { c.TrustedProxies = trusted }, func(r Router) {
		r.Handle("GET", "/ip", API, func(c *gin.Context) error {
			got = ClientIP(c).String()
			c.Status(http.StatusNoContent)
			return nil
		})
	})
	wantStatus(t, w.ask("GET", "/ip", "", headers...), 204)
	return got
}

// PW07: nothing that a stranger writes moves the address that policies see.
func TestHeadersOfUntrustedPeersAreIgnored(t *testing.T) {
	for _, trusted := range [][]netip.Prefix{nil, prefixes("10.0.0.0/8")} {
		for _, header := range []string{"X-Forwarded-For: 1.2.3.4", "Forwarded: for=1.2.3.4", "X-Real-IP: 1.2.3.4", "CF-Connecting-IP: 1.2.3.4",
			"True-Client-IP: 1.2.3.4", "X-Client-IP: 1.2.3.4", "X-Forwarded-For: 10.0.0.1"} {
			if got := clientSeen(t, trusted, "Peer: 203.0.113.9:4711", header); got != "203.0.113.9" {
				t.Errorf("%s: %s", header, got)
			}
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	trusted := prefixes("10.0.0.0/8", "fd00::/8")
	long := strings.Repeat("1", 10<<10)
	for name, c := range map[string]struct {
		headers []string
		want    string
	}{
		"one hop":                         {[]string{"X-Forwarded-For: 198.51.100.7"}, "198.51.100.7"},
		"forged left part":                {[]string{"X-Forwarded-For: 1.2.3.4, 198.51.100.7"}, "198.51.100.7"},
		"junk left of the client":         {[]string{"X-Forwarded-For: junk, 198.51.100.7"}, "198.51.100.7"},
		"two trusted hops":                {[]string{"X-Forwarded-For: 1.2.3.4, 198.51.100.7, 10.9.9.9"}, "198.51.100.7"},
		"several lines":                   {[]string{"X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 198.51.100.7", "X-Forwarded-For: 10.9.9.9"}, "198.51.100.7"},
		"all trusted":                     {[]string{"X-Forwarded-For: 10.1.1.1, 10.2.2.2"}, "10.1.1.1"},
		"missing":                         {nil, "10.0.0.1"},
		"empty":                           {[]string{"X-Forwarded-For: "}, "10.0.0.1"},
		"word":                            {[]string{"X-Forwarded-For: a"}, "10.0.0.1"},
		"unknown":                         {[]string{"X-Forwarded-For: 198.51.100.7, unknown"}, "10.0.0.1"},
		"trailing comma":                  {[]string{"X-Forwarded-For: 198.51.100.7,"}, "10.0.0.1"},
		"10 KB":                           {[]string{"X-Forwarded-For: " + long}, "10.0.0.1"},
		"zone":                            {[]string{"X-Forwarded-For: fe80::1%eth0"}, "10.0.0.1"},
		"broken after a trusted hop":      {[]string{"X-Forwarded-For: 198.51.100.7, ..., 10.2.2.2"}, "10.0.0.1"},
		"with port":                       {[]string{"X-Forwarded-For: 198.51.100.7:443"}, "198.51.100.7"},
		"IPv6":                            {[]string{"X-Forwarded-For: 2001:db8::7"}, "2001:db8::7"},
		"IPv6 in brackets":                {[]string{"X-Forwarded-For: [2001:db8::7]"}, "2001:db8::7"},
		"IPv6 with port":                  {[]string{"X-Forwarded-For: [2001:db8::7]:443"}, "2001:db8::7"},
		"mapped":                          {[]string{"X-Forwarded-For: ::ffff:198.51.100.7"}, "198.51.100.7"},
		"mapped trusted hop":              {[]string{"X-Forwarded-For: 198.51.100.7, ::ffff:10.2.2.2"}, "198.51.100.7"},
		"octal":                           {[]string{"X-Forwarded-For: 0300.1.1.1"}, "10.0.0.1"},
		"other headers of trusted ignore": {[]string{"X-Real-IP: 1.2.3.4", "Forwarded: for=1.2.3.4"}, "10.0.0.1"},
	} {
		if got := clientSeen(t, trusted, append(c.headers, "Peer: 10.0.0.1:9")...); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	if got := clientSeen(t, trusted, "Peer: [::ffff:10.0.0.1]:9", "X-Forwarded-For: 198.51.100.7"); got != "198.51.100.7" {
		t.Errorf("a mapped peer: %s", got)
	}
	if got := clientSeen(t, trusted, "Peer: [fe80::1%eth0]:9"); got != "fe80::1" {
		t.Errorf("a peer with a zone: %s", got)
	}
	if got := clientSeen(t, trusted, "Peer: @"); got != "invalid IP" {
		t.Errorf("no address: %s", got)
	}
}

func TestRequestIDs(t *testing.T) {
	var got, own string
	w := newWorld(t, "https://id.test", func(c *Config) { c.TrustedProxies = prefixes("10.0.0.0/8") }, func(r Router) {
		r.Handle("GET", "/id", API, func(c *gin.Context) error {
			got, own = RequestID(c), ErrorID(c)
			if ContextRequestID(c.Request.Context()) != got {
				t.Error("context and request disagree")
			}
			c.Status(http.StatusNoContent)
			return nil
		})
	})
	w.ask("GET", "/id", "", "X-Request-Id: chosen-by-a-stranger")
	first := got
	if len(first) != 32 || first != own {
		t.Errorf("%q %q", first, own)
	}
	if w.ask("GET", "/id", ""); got == first {
		t.Error("ids repeat")
	}
	w.ask("GET", "/id", "", "Peer: 10.0.0.1:9", "X-Request-Id: from-our-proxy")
	if got != "from-our-proxy" || len(own) != 32 {
		t.Errorf("%q %q", got, own)
	}
	for _, bad := range []string{"short", strings.Repeat("a", 65), "with space", "new\nline12", `quote"12345`} {
		if w.ask("GET", "/id", "", "Peer: 10.0.0.1:9", "X-Request-Id: "+bad); got != own {
			t.Errorf("%q: adopted", bad)
		}
	}
	if w.ask("GET", "/id", "", "Peer: 10.0.0.1:9", "X-Request-Id: from-our-proxy", "X-Request-Id: and-another"); got != own {
		t.Error("two ids: adopted")
	}
}

func TestWithoutARequestThereIsNoID(t *testing.T) {
	c, _ := gin.CreateTestContext(nil)
	c.Request = &http.Request{}
	if RequestID(c) != "" || ErrorID(c) != "" || ClientIP(c).IsValid() || IsTLS(c) {
		t.Error("something was made up")
	}
}

func FuzzForwardedFor(f *testing.F) {
	for _, seed := range []string{"", "a", ",", "1.2.3.4", "1.2.3.4, 10.0.0.1", "[::1]:80", "fe80::1%x", "::ffff:1.2.3.4,,", "\t1.2.3.4 "} {
		f.Add(seed, seed)
	}
	peer, trusted := netip.MustParseAddr("10.0.0.1"), prefixes("10.0.0.0/8", "fd00::/8")
	f.Fuzz(func(t *testing.T, one, two string) {
		got := forwardedFor(peer, []string{one, two}, trusted)
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Fatalf("%q %q: %v", one, two, got)
		}
		// A stranger can only write to the left of what our proxy appends.
		if got := forwardedFor(peer, []string{one + "," + two + ", 198.51.100.7"}, trusted); got.String() != "198.51.100.7" {
			t.Fatalf("%q %q moved the client to %v", one, two, got)
		}
	})
}
