package samlsp

import (
	"context"
	"crypto/rsa"
	"slices"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"
)

// mostRecipients is how many encrypted keys are tried.
const mostRecipients = 4

// decrypted opens an EncryptedAssertion. All failures look alike: which step failed would help to find the text, or the key, by asking often.
func decrypted(ctx context.Context, el *etree.Element, pairs *Pairs) *etree.Element {
	plain := opened(el, pairs)
	if plain == nil {
		return nil
	}
	d := messageOf(plain)
	d.around = el
	root, err := parse(ctx, d)
	if err != nil || !is(root, nsAssertion, "Assertion") {
		return nil
	}
	return detached(root)
}

// opened is the plain text; nil when there is none.
func opened(el *etree.Element, pairs *Pairs) []byte {
	data := child(el, nsEncrypt, "EncryptedData")
	if data == nil || !algorithm(data, dataCiphers) {
		return nil
	}
	keys := children(child(data, nsSignature, "KeyInfo"), nsEncrypt, "EncryptedKey")
	keys = append(keys, children(el, nsEncrypt, "EncryptedKey")...)
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

func openedWith(data, key *etree.Element, pair Pair) []byte {
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
	keyCiphers  = []string{nsEncrypt + "rsa-oaep-mgf1p", nsEncrypt11 + "rsa-oaep"}
	dataCiphers = []string{
		nsEncrypt11 + "aes128-gcm", nsEncrypt11 + "aes192-gcm", nsEncrypt11 + "aes256-gcm",
		nsEncrypt + "aes128-cbc", nsEncrypt + "aes192-cbc", nsEncrypt + "aes256-cbc",
	}
)

func algorithm(el *etree.Element, allowed []string) bool {
	return slices.Contains(allowed, attribute(child(el, nsEncrypt, "EncryptionMethod"), "Algorithm"))
}

// bareCipher is a copy with nothing but method and text: no key information that a library would follow.
func bareCipher(el *etree.Element) *etree.Element {
	out := detached(el)
	for _, c := range out.ChildElements() {
		if !is(c, nsEncrypt, "EncryptionMethod") && !is(c, nsEncrypt, "CipherData") {
			out.RemoveChild(c)
		}
	}
	if value := child(child(out, nsEncrypt, "CipherData"), nsEncrypt, "CipherValue"); value != nil {
		value.SetText(compact(text(value)))
	}
	return out
}
