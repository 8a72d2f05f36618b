package modules

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// tls_client_auth: a certificate by a trusted issuer with the one registered name (RFC 8705 section 2.1).
func TestTK39_CertificateByAuthority(t *testing.T) {
	ca, stranger := testkit.NewAuthority(t), testkit.NewAuthority(t)
	w := newWorld(t, testkit.StartMTLS(t, ca, cheap))
	good := w.AtAlias(ca.Issue(allNames))
	for name, b := range map[string]storage.ClientBinding{
		"dn":              {TLSSubjectDN: "CN=app.acme.test,OU=Files,O=Acme\\, Inc.,C=DE"},
		"dn, loosely":     {TLSSubjectDN: "cn=APP.acme.test, ou=files, o=acme\\2c   inc., c=de"},
		"dns":             {TLSSanDNS: "App.Acme.Test"},
		"uri":             {TLSSanURI: "https://app.acme.test/id"},
		"ip":              {TLSSanIP: "192.0.2.1"},
		"ip, mapped":      {TLSSanIP: "::ffff:192.0.2.1"},
		"ip, version 6":   {TLSSanIP: "2001:0db8::0:1"},
		"mail":            {TLSSanEmail: "app@ACME.test"},
		"another san dns": {TLSSanDNS: "other.test"},
	} {
		if a := w.certified(good, w.machine(withCertificate(core.AuthTLS, b))); a.Status != 200 {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	for name, b := range map[string]storage.ClientBinding{
		"turned round": {TLSSubjectDN: "C=DE,O=Acme\\, Inc.,OU=Files,CN=app.acme.test"},
		"part":         {TLSSubjectDN: "CN=app.acme.test"},
		"split":        {TLSSubjectDN: "CN=app.acme.test,OU=Files,O=Acme,O=Inc.,C=DE"},
		"one set":      {TLSSubjectDN: "CN=app.acme.test+OU=Files,O=Acme\\, Inc.,C=DE"},
		"other type":   {TLSSubjectDN: "CN=app.acme.test,OU=Files,O=Acme\\, Inc.,L=DE"},
		"suffix":       {TLSSanDNS: "acme.test"},
		"dns as mail":  {TLSSanEmail: "x@app.acme.test"},
		"uri, case":    {TLSSanURI: "https://app.acme.test/ID"},
		"uri, longer":  {TLSSanURI: "https://app.acme.test/id/"},
		"other ip":     {TLSSanIP: "192.0.2.2"},
		"mail, case":   {TLSSanEmail: "App@acme.test"},
	} {
		rp := w.machine(withCertificate(core.AuthTLS, b))
		w.row("mtls.subject", func() {
			if a := w.certified(good, rp); a.Status != 401 || a.Text("error") != "invalid_client" {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		})
	}
	rp := w.machine(withCertificate(core.AuthTLS, storage.ClientBinding{TLSSanDNS: "app.acme.test"}))
	w.notCertified("mtls.trusted", w.AtAlias(stranger.Issue(allNames)), rp)
	w.notCertified("mtls.trusted", w.AtAlias(testkit.SelfSigned(t, allNames)), rp)
	w.notCertified("mtls.trusted", w.AtAlias(ca.Issue(func(c *x509.Certificate) { allNames(c); c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })), rp)
	w.notCertified("mtls.valid_now", w.AtAlias(ca.Issue(func(c *x509.Certificate) { allNames(c); c.NotAfter = time.Now().Add(-time.Minute) })), rp)
	w.notCertified("mtls.valid_now", w.AtAlias(ca.Issue(func(c *x509.Certificate) { allNames(c); c.NotBefore = time.Now().Add(time.Minute) })), rp)
	w.notCertified("client.certificate", w.AtAlias(nil), rp)
	w.notCertified("client.certificate", w.Server, rp) // where no certificate is asked for
	w.row("client.registered_method", func() {
		w.unknown(good.Call("/oauth2/token", nil, form("grant_type", "client_credentials", "client_id", rp.ID, "client_secret", "x")))
	})
	// A certificate says nothing for a client that authenticates in another way.
	secret := w.machine(storage.ClientMetadata{})
	w.row("client.registered_method", func() { w.unknown(w.certified(good, secret)) })
	w.row("client.known", func() { w.unknown(good.Call("/oauth2/token", nil, form("grant_type", "client_credentials"))) })
}

// A registration that names two subjects, or none, lets nobody in, whatever put it there.
func TestTK39_CertificateAmbiguousName(t *testing.T) {
	ca := testkit.NewAuthority(t)
	w := newWorld(t, testkit.StartMTLS(t, ca, cheap))
	rp := w.machine(withCertificate(core.AuthTLS, storage.ClientBinding{TLSSanDNS: "app.acme.test"}))
	s := w.AtAlias(ca.Issue(allNames))
	w.ok(w.certified(s, rp))
	for _, b := range []storage.ClientBinding{{}, {TLSSanDNS: "app.acme.test", TLSSanIP: "192.0.2.1"}, {TLSSubjectDN: "nonsense"}} {
		_, err := w.App.DB.UpdateClient(t.Context(), w.App.Tenant, rp.Client.ID, func(c *storage.Client) error {
			c.Metadata.ClientBinding = b
			return nil
		}, w.event("client.update"))
		w.must(err)
		w.notCertified("mtls.subject", s, rp)
	}
}

// self_signed_tls_client_auth: a key of the client's own set (RFC 8705 section 2.2).
func TestTK39_CertificateSelfSigned(t *testing.T) {
	w := newWorld(t, testkit.StartMTLS(t, nil, cheap))
	own, other := testkit.SelfSigned(t, nil), testkit.SelfSigned(t, nil)
	rp := w.machine(selfSigned(t, own, storage.ClientBinding{}))
	w.ok(w.certified(w.AtAlias(own), rp))
	w.notCertified("mtls.registered_key", w.AtAlias(other), rp) // the same subject, another key
	w.notCertified("mtls.valid_now", w.AtAlias(testkit.SelfSigned(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })), rp)
	w.notCertified("client.certificate", w.AtAlias(nil), rp)
	// Introspection and revocation take it too.
	token := w.certified(w.AtAlias(own), rp).Text("access_token")
	if i := w.ok(w.AtAlias(own).Call("/oauth2/introspect", nil, form("client_id", rp.ID, "token", token))); i.JSON["active"] != true {
		t.Error(i.Body)
	}
	w.unknown(w.AtAlias(other).Call("/oauth2/introspect", nil, form("client_id", rp.ID, "token", token)))
	w.ok(w.AtAlias(own).Call("/oauth2/revoke", nil, form("client_id", rp.ID, "token", token)))
}

// A token that is bound to a certificate is worth nothing with another (RFC 8705 section 3).
func TestTK39_BoundToken(t *testing.T) {
	w := newWorld(t, testkit.StartMTLS(t, nil, cheap))
	own, other := testkit.SelfSigned(t, nil), testkit.SelfSigned(t, nil)
	m := selfSigned(t, own, storage.ClientBinding{CertificateBound: true})
	rp := w.Client(m)
	code := w.code(rp)
	f := form("grant_type", "authorization_code", "code", code, "redirect_uri", rp.Redirect, "code_verifier", testkit.Verifier, "client_id", rp.ID)
	token := w.tied(w.AtAlias(own).Call("/oauth2/token", nil, f), own)
	if a := w.ok(w.AtAlias(own).Userinfo(token)); a.Text("email") != w.email {
		t.Error(a.Body)
	}
	for name, s := range map[string]*testkit.Server{"another": w.AtAlias(other), "none": w.AtAlias(nil), "none asked for": w.Holding(own)} {
		a := s.Userinfo(token)
		if a.Status != 401 || a.Text("error") != "invalid_token" || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: %d %s %q", name, a.Status, a.Body, a.Header.Get("WWW-Authenticate"))
		}
	}
	i := w.ok(w.AtAlias(own).Call("/oauth2/introspect", nil, form("client_id", rp.ID, "token", token)))
	if cnf, _ := i.JSON["cnf"].(object); cnf["x5t#S256"] != x5t(own) || i.Text("token_type") != "Bearer" {
		t.Error(i.Body)
	}
	// The same for a client that authenticates by something else: the certificate is asked for all the same.
	by := w.machine(storage.ClientMetadata{ClientBinding: storage.ClientBinding{CertificateBound: true}})
	w.tied(w.AtAlias(other).Call("/oauth2/token", by, form("grant_type", "client_credentials")), other)
	w.refused(w.AtAlias(nil).Call("/oauth2/token", by, form("grant_type", "client_credentials")), 400, "invalid_request")
	w.refused(w.Call("/oauth2/token", by, form("grant_type", "client_credentials")), 400, "invalid_request")
}

// Refresh tokens of public clients are tied to the certificate (RFC 8705 section 4).
func TestTK39_BoundRefresh(t *testing.T) {
	w := newWorld(t, testkit.StartMTLS(t, nil, cheap))
	own, other := testkit.SelfSigned(t, nil), testkit.SelfSigned(t, nil)
	rp := w.public(storage.ClientMetadata{ClientBinding: storage.ClientBinding{CertificateBound: true}})
	s := w.AtAlias(own)
	a := s.Redeem(rp, w.code(rp, "scope", "openid offline_access"))
	w.tied(a, own)
	refresh := a.Text("refresh_token")
	w.row("refresh.bound", func() { w.refused(w.AtAlias(other).Refresh(rp, refresh), 400, "invalid_grant") })
	w.refused(w.AtAlias(nil).Refresh(rp, refresh), 400, "invalid_request")
	again := s.Refresh(rp, refresh)
	if w.tied(again, own); again.Text("refresh_token") != refresh {
		t.Error("the refresh token was renewed")
	}
}

// A certificate in a header counts only from a trusted proxy (RFC 9440 section 4): anybody can write one.
func TestTK39_HeaderSpoof(t *testing.T) {
	ca := testkit.NewAuthority(t)
	names := storage.ClientBinding{TLSSanDNS: "app.acme.test", CertificateBound: true}
	c, other := ca.Issue(allNames), ca.Issue(func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "other"} })
	ask := func(w *world, rp *testkit.RP, header ...string) *testkit.Answer {
		return w.Raw(http.MethodPost, "/oauth2/token", form("grant_type", "client_credentials", "client_id", rp.ID).Encode(), append([]string{"Content-Type", testkit.FormType}, header...)...)
	}
	untrusted := alone(t, cheap, behind(ca, "Client-Cert", "192.0.2.0/24"))
	rp := untrusted.machine(withCertificate(core.AuthTLS, names))
	for _, name := range []string{"Client-Cert", "X-Client-Cert", "X-SSL-Client-Cert", "X-SSL-Client-S-DN", "X-SSL-Client-Verify", "X-Forwarded-Client-Cert", "Ssl-Client-Cert"} {
		for _, value := range []string{inHeader(c), escaped(c), "SUCCESS"} {
			untrusted.row("client.certificate", func() { untrusted.unknown(ask(untrusted, rp, name, value, "X-Forwarded-For", "192.0.2.1")) })
		}
	}
	for header, written := range map[string]func() string{"Client-Cert": func() string { return inHeader(c) }, "X-Client-Cert": func() string { return escaped(c) }} {
		w := alone(t, cheap, behind(ca, header, "127.0.0.0/8"))
		rp := w.machine(withCertificate(core.AuthTLS, names))
		token := w.tied(ask(w, rp, header, written()), c)
		_ = token
		w.row("mtls.subject", func() { w.unknown(ask(w, rp, header, inHeader(other))) })
		w.row("client.certificate", func() { w.unknown(ask(w, rp)) })
		w.row("client.certificate", func() { w.unknown(ask(w, rp, header, "")) })
		w.row("client.certificate", func() { w.unknown(ask(w, rp, "X-Other-Cert", written())) })
		for _, bad := range []string{"x", ":x:", ":AAAA:", ":", "::", inHeader(c) + ", " + inHeader(other), escaped(c) + escaped(other), "%", strings.Repeat("A", 30_000), ":" + strings.Repeat("A", 25_000) + ":"} {
			if a := ask(w, rp, header, bad); a.Status != 400 && a.Status != 431 || a.Status == 400 && a.Text("error") != "invalid_request" {
				t.Errorf("%.40q: %d %s", bad, a.Status, a.Body)
			}
		}
		w.refused(ask(w, rp, header, inHeader(c), header, inHeader(other)), 400, "invalid_request")
	}
}

// The main listener may ask too, and serves who has none.
func TestTK39_MainListener(t *testing.T) {
	w := newWorld(t, testkit.StartTLS(t, cheap, func(c *app.Config) { c.MTLS.Request = true }))
	own := testkit.SelfSigned(t, nil)
	rp := w.machine(selfSigned(t, own, storage.ClientBinding{CertificateBound: true}))
	w.tied(w.certified(w.Holding(own), rp), own)
	w.notCertified("client.certificate", w.Server, rp)
	w.tokens(w.Client(storage.ClientMetadata{}))
	doc := w.ok(w.Get("/.well-known/openid-configuration")).JSON
	if doc["mtls_endpoint_aliases"] != nil || doc["tls_client_certificate_bound_access_tokens"] != true {
		t.Errorf("%v", doc)
	}
	for _, name := range []string{"token", "introspection", "revocation"} {
		methods := strings.Join(members(doc, name+"_endpoint_auth_methods_supported"), " ")
		if !strings.Contains(methods, "self_signed_tls_client_auth") || strings.Contains(" "+methods, " tls_client_auth") {
			t.Errorf("%s: %s", name, methods)
		}
	}
}

// The own address serves machines and nobody else, and is what discovery says (RFC 8705 section 5).
func TestTK39_Alias(t *testing.T) {
	ca := testkit.NewAuthority(t)
	w := newWorld(t, testkit.StartMTLS(t, ca, cheap))
	doc := w.ok(w.Get("/.well-known/openid-configuration")).JSON
	aliases, _ := doc["mtls_endpoint_aliases"].(object)
	own := ca.Issue(nil)
	at := w.AtAlias(own)
	for _, name := range []string{"token_endpoint", "introspection_endpoint", "revocation_endpoint", "userinfo_endpoint", "pushed_authorization_request_endpoint"} {
		if aliases[name] != strings.Replace(doc[name].(string), w.URL, at.URL, 1) {
			t.Errorf("%s: %v", name, aliases[name])
		}
	}
	for path, want := range map[string]int{"/login": 307, "/oauth2/authorize": 307, "/account/password": 307, "/oauth2/logout": 307, "/.well-known/openid-configuration": 200, "/oauth2/userinfo": 401} {
		if a := at.Get(path); a.Status != want || want == 307 && a.Header.Get("Location") != w.URL+path { // by name it would be 421
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	// Assertions and proofs may name either address.
	rp, k := w.asserting("ES256")
	dpop := newKey(t, "ES256")
	for _, aud := range []string{w.URL, w.URL + "/oauth2/token", at.URL, at.URL + "/oauth2/token"} {
		f := form("grant_type", "client_credentials", "client_assertion_type", assertionType, "client_assertion", k.sign("ES256", nil, w.claims(rp, "aud", aud)))
		a := at.Call("/oauth2/token", nil, f)
		if named := aud != at.URL; (a.Status == 200) != named {
			t.Errorf("%s: %d %s", aud, a.Status, a.Body)
		}
	}
	for _, htu := range []string{w.URL, at.URL} {
		req := at.Request("/oauth2/token", nil, form("grant_type", "client_credentials", "client_assertion_type", assertionType, "client_assertion", k.sign("ES256", nil, w.claims(rp))))
		req.Header["Dpop"] = []string{w.tokenProof(dpop, "htu", htu+"/oauth2/token")}
		if a := at.Do(req); a.Text("token_type") != "DPoP" {
			t.Errorf("%s: %s", htu, a.Body)
		}
	}
}

// What a registration may say of certificates.
func TestTK39_Registration(t *testing.T) {
	ca := testkit.NewAuthority(t)
	w := newWorld(t, testkit.StartMTLS(t, ca, cheap))
	one := storage.ClientBinding{TLSSanDNS: "app.acme.test"}
	for member, m := range map[string]storage.ClientMetadata{
		"tls_client_auth_subject_dn":                 withCertificate(core.AuthTLS, storage.ClientBinding{}),
		"tls_client_auth_subject_dn ":                withCertificate(core.AuthTLS, storage.ClientBinding{TLSSanDNS: "a.test", TLSSanIP: "192.0.2.1"}),
		"tls_client_auth_subject_dn  ":               withCertificate(core.AuthTLS, storage.ClientBinding{TLSSubjectDN: "app"}),
		"tls_client_auth_san_dns":                    withCertificate(core.AuthTLS, storage.ClientBinding{TLSSanDNS: "*.acme.test"}),
		"tls_client_auth_san_uri":                    withCertificate(core.AuthTLS, storage.ClientBinding{TLSSanURI: "app"}),
		"tls_client_auth_san_ip":                     withCertificate(core.AuthTLS, storage.ClientBinding{TLSSanIP: "192.0.2.0/24"}),
		"tls_client_auth_san_email":                  withCertificate(core.AuthTLS, storage.ClientBinding{TLSSanEmail: "acme.test"}),
		"tls_client_auth_san_dns ":                   withCertificate(core.AuthSecretBasic, one),
		"jwks":                                       withCertificate(core.AuthSelfSignedTLS, storage.ClientBinding{}),
		"tls_client_certificate_bound_access_tokens": {ResponseTypes: []string{"token"}, GrantTypes: []string{"implicit"}, ClientBinding: storage.ClientBinding{CertificateBound: true}},
		"dpop_bound_access_tokens":                   {ResponseTypes: []string{"code token"}, ClientBinding: storage.ClientBinding{DPoPBound: true}},
	} {
		m.RedirectURIs = []string{"https://app.test/cb"}
		_, err := w.App.Registrar.Create(t.Context(), m, register.Options{})
		if p, ok := register.AsProblem(err); !ok || p.Member != strings.TrimSpace(member) || p.Code != register.CodeMetadata {
			t.Errorf("%s: %v", member, err)
		}
	}
	off := open(t)
	for _, m := range []storage.ClientMetadata{withCertificate(core.AuthTLS, one), withCertificate(core.AuthSelfSignedTLS, storage.ClientBinding{}), {ClientBinding: storage.ClientBinding{CertificateBound: true}}, {ClientBinding: one}} {
		m.RedirectURIs = []string{"https://app.test/cb"}
		if off.registers(m) {
			t.Errorf("%+v was registered where no certificate is asked for", m.ClientBinding)
		}
	}
}
