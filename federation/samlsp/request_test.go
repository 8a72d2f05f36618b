package samlsp

import (
	"crypto/x509"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// sent takes the message out of a departure, and says whether it was signed by our current key.
func sent(t *testing.T, d *federation.Departure, param string) (root *etree.Element, signed bool) {
	t.Helper()
	if d.Form != nil {
		raw, err := base64.StdEncoding.DecodeString(d.Form.Get(param))
		if err != nil {
			t.Fatal(err)
		}
		root = treeOf(t, string(raw))
		_, err = verify(t.Context(), root, []*x509.Certificate{ownPair().Certificate}, began())
		return root, err == nil
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	q, ok := samlxml.ParseQuery(u.RawQuery)
	if !ok || q.Param != param {
		t.Fatalf("no %s in %s", param, d.URL)
	}
	packed, err := base64.StdEncoding.DecodeString(q.Message)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := samlxml.Inflate(packed)
	if err != nil {
		t.Fatal(err)
	}
	return treeOf(t, string(raw)), q.Verified([]*x509.Certificate{ownPair().Certificate, curvedPair().Certificate})
}

func TestRequests(t *testing.T) {
	for name, c := range map[string]struct {
		config func(*Config)
		wish   func(*federation.Wish)
		want   []string
		not    []string
		signed bool
		post   bool
	}{
		"plain": {nil, nil, []string{`Destination="` + ssoURL, `AssertionConsumerServiceURL="` + ourACS, `Issuer`, ourName, `:persistent"`, `AllowCreate="true"`},
			[]string{"ForceAuthn", "IsPassive", "RequestedAuthnContext"}, false, false},
		"signed":          {func(c *Config) { c.SignRequests = true }, nil, nil, nil, true, false},
		"posted":          {func(c *Config) { c.SSOBinding = "post" }, nil, nil, nil, false, true},
		"posted, signed":  {func(c *Config) { c.SignRequests, c.SSOBinding = true, "post" }, nil, []string{"Signature"}, nil, true, true},
		"fresh":           {nil, func(w *federation.Wish) { w.Fresh = true }, []string{`ForceAuthn="true"`}, nil, false, false},
		"of late":         {nil, func(w *federation.Wish) { w.MaxAge = time.Minute }, []string{`ForceAuthn="true"`}, nil, false, false},
		"silent":          {nil, func(w *federation.Wish) { w.Silent, w.MaxAge = true, time.Minute }, []string{`IsPassive="true"`}, []string{"ForceAuthn"}, false, false},
		"classes":         {func(c *Config) { c.AuthnContexts = map[string]string{"mfa": mfa} }, func(w *federation.Wish) { w.ACR = []string{"mfa", "other"} }, []string{mfa, `Comparison="exact"`}, []string{"other"}, false, false},
		"address as name": {func(c *Config) { c.NameIDFormat = "emailAddress" }, nil, []string{":emailAddress"}, nil, false, false},
		"metadata wants signatures": {func(c *Config) {
			byMetadata(replaced(describedBy("", idpPair()), " protocolSupport", ` WantAuthnRequestsSigned="true" protocolSupport`))(c)
		}, nil, nil, nil, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			w, wished := newWorld(t), wish()
			if c.config != nil {
				w = newWorld(t, c.config)
			}
			if c.wish != nil {
				c.wish(&wished)
			}
			d, err := w.c.Begin(t.Context(), wished)
			if err != nil {
				t.Fatal(err)
			}
			root, signed := sent(t, d, "SAMLRequest")
			text := string(bytesOf(t, root))
			for _, part := range c.want {
				if !strings.Contains(text, part) {
					t.Errorf("no %s in %s", part, text)
				}
			}
			for _, part := range c.not {
				if strings.Contains(text, part) {
					t.Errorf("%s in %s", part, text)
				}
			}
			if signed != c.signed || (d.Form != nil) != c.post || string(d.Kept) != samlxml.Attribute(root, "ID") || len(d.Kept) < 20 {
				t.Errorf("signed %v, form %v, kept %s", signed, d.Form != nil, d.Kept)
			}
			if c.post && d.Form.Get("RelayState") != ourState || !c.post && !strings.Contains(d.URL, "RelayState="+ourState) {
				t.Errorf("no state: %v", d)
			}
		})
	}
}

// A whole round: the answer to what Begin sent is accepted, and for another departure it is not.
func TestARound(t *testing.T) {
	w := newWorld(t)
	d, err := w.c.Begin(t.Context(), wish())
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.c.Begin(t.Context(), wish())
	if err != nil {
		t.Fatal(err)
	}
	r := answer()
	r.inResponseTo = string(d.Kept)
	r.subject = replaced(r.subject, `"_request"`, `"`+string(d.Kept)+`"`)
	a := arrival(r.bytes(t))
	a.Kept = other.Kept
	w.refuses(a, "saml_response.in_response_to")
	a.Kept = d.Kept
	w.accepts(a)
	if w.c.Kind() != "saml" || w.c.Config().ACSURL != ourACS {
		t.Error("kind or configuration")
	}
}

func TestCurvesSignQueries(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.SignRequests = true; c.IDPSSOURL = ssoURL + "?tenant=1" })
	w.keys.pairs.Current = curvedPair()
	d, err := w.c.Begin(t.Context(), wish())
	if err != nil || !strings.HasPrefix(d.URL, ssoURL+"?tenant=1&SAMLRequest=") {
		t.Fatal(d, err)
	}
	if _, signed := sent(t, d, "SAMLRequest"); !signed {
		t.Error("not signed")
	}
	w.c.config.SSOBinding = "post"
	if d, err = w.c.Begin(t.Context(), wish()); err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(d.Form.Get("SAMLRequest"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(t.Context(), treeOf(t, string(raw)), []*x509.Certificate{curvedPair().Certificate}, began()); err != nil {
		t.Error(err)
	}
}
