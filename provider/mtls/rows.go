package mtls

import (
	"context"
	"crypto/x509"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// attempt is a certificate as the rows judge it.
type attempt struct {
	m      *Module
	client *core.Client
	leaf   *x509.Certificate
	rest   []*x509.Certificate
}

// Rows is the table of authentication by certificate (RFC 8705 section 2).
func Rows() []core.Row[attempt] {
	return []core.Row[attempt]{
		{Name: "mtls.valid_now", Check: checkTime},
		{Name: "mtls.trusted", Check: checkTrusted},
		{Name: "mtls.subject", Check: checkSubject},
		{Name: "mtls.registered_key", Check: checkRegisteredKey},
	}
}

func checkTime(_ context.Context, a *attempt) error {
	if now := a.m.d.Now(); now.Before(a.leaf.NotBefore) || now.After(a.leaf.NotAfter) {
		return core.InvalidClient("a certificate that is valid now", "one that is not yet or no more")
	}
	return nil
}

// checkTrusted wants a chain to an issuer of our own list, for clients (RFC 5280 section 6).
func checkTrusted(_ context.Context, a *attempt) error {
	if a.client.AuthMethod != core.AuthTLS {
		return nil
	}
	if a.m.c.Trust == nil {
		return core.InvalidClient("a method that is configured", core.AuthTLS)
	}
	between := x509.NewCertPool()
	for _, c := range a.rest {
		between.AddCert(c)
	}
	_, err := a.leaf.Verify(x509.VerifyOptions{
		Roots: a.m.c.Trust, Intermediates: between, CurrentTime: a.m.d.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return core.InvalidClient("a certificate by a trusted issuer", "another")
	}
	return nil
}

// checkSubject compares with the one name that is registered (RFC 8705 section 2.1.2).
func checkSubject(_ context.Context, a *attempt) error {
	if a.client.AuthMethod == core.AuthTLS && !named(a.leaf, &a.client.Metadata.ClientBinding) {
		return core.InvalidClient("the registered subject", "another")
	}
	return nil
}

// checkRegisteredKey wants a key of the client's own key set (RFC 8705 section 2.2): whoever holds it may renew the certificate around it.
func checkRegisteredKey(ctx context.Context, a *attempt) error {
	if a.client.AuthMethod != core.AuthSelfSignedTLS {
		return nil
	}
	has, err := a.client.HasKey(ctx, a.leaf.PublicKey)
	if err != nil {
		return err
	}
	if has {
		return nil
	}
	return core.InvalidClient("a certificate for a registered key", "another")
}
