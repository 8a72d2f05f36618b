package passkey

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
)

// chains reports whether the certificates of a verified attestation statement lead to a trusted root. Self attestation has none.
func chains(object protocol.AttestationObject, roots *x509.CertPool, now time.Time) bool {
	raw, _ := object.AttStatement["x5c"].([]any)
	if len(raw) == 0 {
		return false
	}
	var leaf *x509.Certificate
	between := x509.NewCertPool()
	for _, one := range raw {
		der, _ := one.([]byte)
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return false
		}
		if leaf == nil {
			leaf = cert
			continue
		}
		between.AddCert(cert)
	}
	// A TPM's names stand in a critical extension that Go leaves to its caller; the library has checked them (section 8.3.1).
	names := asn1.ObjectIdentifier{2, 5, 29, 17}
	leaf.UnhandledCriticalExtensions = slices.DeleteFunc(leaf.UnhandledCriticalExtensions, names.Equal)
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}
