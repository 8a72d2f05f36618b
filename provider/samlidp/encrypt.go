package samlidp

import (
	"crypto/rsa"
	"crypto/x509"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// ciphers are what assertions are encrypted with; the key always goes by RSA-OAEP.
func ciphers() map[string]xmlenc.BlockCipher {
	return map[string]xmlenc.BlockCipher{
		"aes256-gcm": xmlenc.AES256GCM, "aes128-gcm": xmlenc.AES128GCM, "aes256-cbc": xmlenc.AES256CBC, "aes128-cbc": xmlenc.AES128CBC,
	}
}

// encrypt hides an element from everybody but the application (SAML core §6).
func encrypt(el *etree.Element, to *x509.Certificate, cipher string) (*etree.Element, error) {
	plain, err := etree.NewDocumentWithRoot(samlxml.Detached(el)).WriteToBytes()
	if err != nil {
		return nil, err
	}
	by := xmlenc.OAEP()
	by.BlockCipher, by.DigestMethod = ciphers()[cipher], xmlenc.SHA1 // the default of RSA-OAEP, and the one that every application has; it need not resist collisions
	data, err := by.Encrypt(to, plain, nil)
	if err != nil {
		return nil, err
	}
	data.CreateAttr("Type", samlxml.NSEncrypt+"Element")
	out := etree.NewElement("saml:EncryptedAssertion")
	out.CreateAttr("xmlns:saml", samlxml.NSAssertion)
	out.AddChild(data)
	return out, nil
}

// rsaKey says whether a certificate in PEM can be encrypted to.
func rsaKey(text string) bool {
	certs, err := samlxml.Certificates([]string{text})
	if err != nil || len(certs) != 1 {
		return false
	}
	_, ok := certs[0].PublicKey.(*rsa.PublicKey)
	return ok
}
