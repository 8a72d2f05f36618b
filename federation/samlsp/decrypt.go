package samlsp

import (
	"context"
	"crypto/rsa"
	"slices"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// mostRecipients is how many encrypted keys are tried.
const mostRecipients = 4

// decrypted opens an EncryptedAssertion. All failures look alike: which step failed would help to find the text, or the key, by asking often.
func decrypted(ctx context.Context, el *etree.Element, pairs *Pairs) *etree.Element {
	plain := opened(el, pairs)
	if plain == nil {
		return nil
	}
	root, err := parse(ctx, samlxml.MessageOf(plain).Within(el))
	if err != nil || !samlxml.Is(root, samlxml.NSAssertion, "Assertion") {
		return nil
	}
	return samlxml.Detached(root)
}

// opened is the plain text; nil when there is none.
func opened(el *etree.Element, pairs *Pairs) []byte {
	data := samlxml.Child(el, samlxml.NSEncrypt, "EncryptedData")
	if data == nil || !algorithm(data, dataCiphers) {
		return nil
	}
	keys := samlxml.Children(samlxml.Child(data, samlxml.NSSignature, "KeyInfo"), samlxml.NSEncrypt, "EncryptedKey")
	keys = append(keys, samlxml.Children(el, samlxml.NSEncrypt, "EncryptedKey")...)
	if len(keys) > mostRecipients {
		return nil
	}
	for _, key := range keys {
		for _, pair := range pairs.all() {
			if plain := openedWith(data, key, pair); plain != nil {
				return plain
			}
		}
	}
	return nil
}

func openedWith(data, key *etree.Element, pair samlxml.Pair) []byte {
	private, ok := pair.Key.(*rsa.PrivateKey)
	if !ok || !algorithm(key, keyCiphers) {
		return nil
	}
	secret, err := xmlenc.Decrypt(private, bareCipher(key))
	if err != nil {
		return nil
	}
	plain, err := xmlenc.Decrypt(secret, bareCipher(data))
	if err != nil {
		return nil
	}
	return plain
}

// The ciphers that count: RSA-OAEP for the key, never PKCS#1 v1.5; AES for the text.
var (
	keyCiphers  = []string{samlxml.NSEncrypt + "rsa-oaep-mgf1p", samlxml.NSEncrypt11 + "rsa-oaep"}
	dataCiphers = []string{
		samlxml.NSEncrypt11 + "aes128-gcm", samlxml.NSEncrypt11 + "aes192-gcm", samlxml.NSEncrypt11 + "aes256-gcm",
		samlxml.NSEncrypt + "aes128-cbc", samlxml.NSEncrypt + "aes192-cbc", samlxml.NSEncrypt + "aes256-cbc",
	}
)

func algorithm(el *etree.Element, allowed []string) bool {
	return slices.Contains(allowed, samlxml.Attribute(samlxml.Child(el, samlxml.NSEncrypt, "EncryptionMethod"), "Algorithm"))
}

// bareCipher is a copy with nothing but method and text: no key information that a library would follow.
func bareCipher(el *etree.Element) *etree.Element {
	out := samlxml.Detached(el)
	for _, c := range out.ChildElements() {
		if !samlxml.Is(c, samlxml.NSEncrypt, "EncryptionMethod") && !samlxml.Is(c, samlxml.NSEncrypt, "CipherData") {
			out.RemoveChild(c)
		}
	}
	if value := samlxml.Child(samlxml.Child(out, samlxml.NSEncrypt, "CipherData"), samlxml.NSEncrypt, "CipherValue"); value != nil {
		value.SetText(samlxml.Compact(samlxml.Text(value)))
	}
	return out
}
