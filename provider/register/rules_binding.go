package register

import (
	"context"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Certificates is what of mutual TLS is configured (provider/mtls).
type Certificates interface {
	Methods() []string // client authentication by certificate
	// JudgeNames says which member of a registration breaks which rule about the subjects of certificates, or "", "".
	JudgeNames(b *storage.ClientBinding, tlsAuth bool) (member, rule string)
}

// noCertificates is a server that asks for none.
type noCertificates struct{}

func (noCertificates) Methods() []string { return nil }

func (noCertificates) JudgeNames(b *storage.ClientBinding, _ bool) (member, rule string) {
	for member, value := range map[string]string{
		"tls_client_auth_subject_dn": b.TLSSubjectDN, "tls_client_auth_san_dns": b.TLSSanDNS, "tls_client_auth_san_uri": b.TLSSanURI,
		"tls_client_auth_san_ip": b.TLSSanIP, "tls_client_auth_san_email": b.TLSSanEmail,
	} {
		if value != "" {
			return member, "is only for tls_client_auth"
		}
	}
	return "", ""
}

// authMethods are those that this server can do as it is configured.
func (r *Registrar) authMethods() []string {
	return slices.Concat(core.AuthMethods(), r.d.Certificates.Methods())
}

// authAlgs are the algorithms that assertions of a method may have; none for methods without assertions.
func authAlgs(method string) []string {
	switch method {
	case core.AuthPrivateKeyJWT:
		return core.AssertionAlgs()
	case core.AuthSecretJWT:
		return core.SecretAlgs()
	}
	return nil
}

// checkCertificateNames wants exactly one subject for tls_client_auth (RFC 8705 section 2.1.2), and none where it would mean nothing.
func checkCertificateNames(_ context.Context, c candidate) error {
	member, rule := c.r.d.Certificates.JudgeNames(&c.ClientBinding, c.TokenEndpointAuthMethod == core.AuthTLS)
	return refuse(member, rule)
}

// checkBound: a token that comes through the browser can be bound to nothing, and a certificate must be asked for somewhere.
func checkBound(_ context.Context, c candidate) error {
	front := slices.ContainsFunc(c.ResponseTypes, func(rt string) bool { return slices.Contains(core.Words(rt), "token") })
	switch {
	case c.DPoPBound && front:
		return refuse("dpop_bound_access_tokens", "must not be true with a response type that has token")
	case c.CertificateBound && front:
		return refuse("tls_client_certificate_bound_access_tokens", "must not be true with a response type that has token")
	case c.CertificateBound && len(c.r.d.Certificates.Methods()) == 0:
		return refuse("tls_client_certificate_bound_access_tokens", "must not be true on a server that asks for no client certificates")
	}
	return nil
}

// secretSize is the fewest bytes of a secret that authenticates assertions (RFC 7518 section 3.2); 0 for a client without such.
func secretSize(m *storage.ClientMetadata) int {
	if m.TokenEndpointAuthMethod != core.AuthSecretJWT {
		return 0
	}
	if alg := m.TokenEndpointAuthSignAlg; alg != "" {
		return keys.MinSecret(alg)
	}
	return keys.MinSecret("HS256")
}
