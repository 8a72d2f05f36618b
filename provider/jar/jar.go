package jar

import (
	"context"
	"net/url"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Decrypter opens what was encrypted to our published keys.
type Decrypter interface {
	Decrypt(token string) ([]byte, keys.EncryptedHeader, error)
}

// Objects opens request objects. It is safe for concurrent use.
type Objects struct {
	Issuer     string // what the object's aud must name
	Keys       Decrypter
	References *References // nil: none are followed
	Skew       time.Duration
	Now        func() time.Time
	Log        core.RefusalLog
}

// object is a request object as the rows judge it.
type object struct {
	o      *Objects
	client *core.Client
	outer  url.Values // the parameters around it
	algs   []string   // that the signature may have
	strict bool       // every claim of the JWT is there, as FAPI and CIBA want

	text   string // compact JWS, or JWE around one
	claims map[string]any
	params url.Values // what counts; set once the signature is known to be good
}

// Rows is the table of request objects, in order: nothing inside is read before the client's signature stands.
func Rows() []core.Row[object] {
	return []core.Row[object]{
		{Name: "jar.one_form", Check: checkOneForm},
		{Name: "jar.reference", Check: checkReference},
		{Name: "jar.encryption", Check: checkEncryption},
		{Name: "jar.signature", Check: checkSignature},
		{Name: "jar.parameters", Check: checkParameters},
		{Name: "jar.nested", Check: checkNested},
		{Name: "jar.client_id", Check: checkClientID},
		{Name: "jar.issuer", Check: checkIssuer},
		{Name: "jar.audience", Check: checkAudience},
		{Name: "jar.times", Check: checkTimes},
		{Name: "jar.lifetime", Check: checkLifetime},
	}
}

// Open returns the parameters of the request object that the outer parameters carry or refer to; they replace the outer ones (RFC 9101 section 6.3).
// With a refusal it still returns them when the client's signature stands: then they say where the refusal may be sent.
func (o *Objects) Open(ctx context.Context, client *core.Client, outer url.Values) (url.Values, error) {
	r := &object{o: o, client: client, outer: outer, algs: client.RequestObjectAlgs(), strict: client.Metadata.StrictRequestObject}
	vs, err := core.Run(ctx, Rows(), r)
	if err != nil {
		o.Log.Verdicts(ctx, "jar", vs)
	}
	return r.params, err
}
