package core

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
)

// Encrypter nests what we signed for a client in a JWE to its key: ID tokens, UserInfo and authorization responses.
type Encrypter struct {
	Alg string // key management; empty: nothing is encrypted
	Enc string // content encryption; empty: the default of OpenID Connect Registration section 2
}

// IDTokenEncryption is how the client wants its ID tokens.
func (c *Client) IDTokenEncryption() Encrypter {
	return Encrypter{Alg: c.Metadata.IDTokenEncryptedRespAlg, Enc: c.Metadata.IDTokenEncryptedRespEnc}
}

// UserinfoEncryption is how the client wants UserInfo.
func (c *Client) UserinfoEncryption() Encrypter {
	return Encrypter{Alg: c.Metadata.UserinfoEncryptedRespAlg, Enc: c.Metadata.UserinfoEncryptedRespEnc}
}

// ResponseEncryption is how the client wants authorization responses (JARM section 3).
func (c *Client) ResponseEncryption() Encrypter {
	return Encrypter{Alg: c.Metadata.AuthorizationEncryptedRespAlg, Enc: c.Metadata.AuthorizationEncryptedRespEnc}
}

// IntrospectionEncryption is how the client wants introspection answers that are JWTs (RFC 9701 section 6).
func (c *Client) IntrospectionEncryption() Encrypter {
	return Encrypter{Alg: c.Metadata.IntrospectionEncryptedRespAlg, Enc: c.Metadata.IntrospectionEncryptedRespEnc}
}

// Nest encrypts a signed JWT to the client (RFC 7519 section 5.2), or returns it as it is when the client wants none. A client whose keys are gone gets
// nothing: what it wanted sealed is not sent open.
func (e Encrypter) Nest(ctx context.Context, c *Client, token string) (string, error) {
	if e.Alg == "" {
		return token, nil
	}
	return e.encrypt(ctx, c, "JWT", []byte(token))
}

// Wrap encrypts what is no JWT, such as plain UserInfo.
func (e Encrypter) Wrap(ctx context.Context, c *Client, body []byte) (string, error) {
	return e.encrypt(ctx, c, "", body)
}

func (e Encrypter) encrypt(ctx context.Context, c *Client, contentType string, body []byte) (string, error) {
	set, err := c.Keys(ctx)
	if err != nil {
		return "", errs.Wrap(errs.Unavailable, "The client's keys cannot be had.", err)
	}
	if set == nil {
		set = &KeySet{}
	}
	enc := e.Enc
	if enc == "" {
		enc = keys.A128CBCHS256
	}
	out, err := keys.EncryptTo(set.Encryption, e.Alg, enc, contentType, body)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
		return "", errs.Wrap(errs.Internal, "", err)
	}
	return out, err
}
