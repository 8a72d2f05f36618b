package modules

import (
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// AZ23: lifetimes, keys and algorithms of request objects under FAPI's rules, one suite module a line.
func TestAZ23_RequestObjectLifetime(t *testing.T) {
	w := open(t)
	now := w.Clock.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	for _, alg := range []string{"PS256", "ES256", "EdDSA"} {
		rp, k := w.strict(alg)
		other, k2 := w.strict(alg)
		send := func(changes ...any) string { return w.beside(rp, k.sign(alg, nil, w.ask(rp, changes...))) }
		w.begins(send())
		w.begins(send("nbf", at(8*time.Second)))                                             // …-nbf-8-seconds-in-the-future-is-accepted
		w.begins(send("aud", []string{w.URL, "https://other.test"}))                         // …-accepts-request-object-with-multiple-aud
		w.objected("jar.lifetime", send("exp", nil), rp, "invalid_request_object", "inside") // …-without-exp-fails
		w.objected("jar.lifetime", send("nbf", nil), rp, "invalid_request_object", "inside") // …-without-nbf-fails
		w.objected("jar.times", send("exp", at(-time.Minute)), rp, "invalid_request_object", "inside")
		w.objected("jar.times", send("nbf", at(90*time.Second)), rp, "invalid_request_object", "inside")
		w.objected("jar.lifetime", send("exp", at(70*time.Minute)), rp, "invalid_request_object", "inside")  // …-exp-over-60-fails
		w.objected("jar.lifetime", send("nbf", at(-70*time.Minute)), rp, "invalid_request_object", "inside") // …-nbf-over-60-fails
		w.objected("jar.audience", send("aud", nil), rp, "invalid_request_object", "inside")
		w.objected("jar.issuer", send("iss", nil), rp, "invalid_request_object", "inside")
		w.objected("jar.client_id", send("client_id", nil), rp, "invalid_request_object", "inside")
		w.objected("jar.client_id", send("client_id", other.ID), rp, "invalid_request_object", "inside")
		w.objected("jar.signature", w.beside(rp, k2.sign(alg, nil, w.ask(rp)), "state", "out"), rp, "invalid_request_object", "out") // …-matching-key-in-authorization-request
		w.objected("jar.signature", w.beside(rp, k.sign(alg, object{"kid": "key-9"}, w.ask(rp)), "state", "out"), rp, "invalid_request_object", "out")
		w.objected("jar.signature", w.beside(rp, unsigned(t, object{"alg": "none"}, w.ask(rp)), "state", "out"), rp, "invalid_request_object", "out")
	}
	rp, k := w.strict("PS256")
	w.objected("jar.signature", w.beside(rp, k.sign("RS256", nil, w.ask(rp)), "state", "out"), rp, "invalid_request_object", "out") // …-signed-request-object-with-RS256-fails
	// Without a registered algorithm the strict rules leave RS256 out as well.
	m := storage.ClientMetadata{JWKS: k.jwks(), ClientRequests: storage.ClientRequests{StrictRequestObject: true}}
	any := w.Client(m)
	w.objected("jar.signature", w.beside(any, k.sign("RS256", nil, w.ask(any)), "state", "out"), any, "invalid_request_object", "out")
	w.begins(w.beside(any, k.sign("PS256", nil, w.ask(any))))
	m.RequestObjectSigningAlg = "RS256"
	m.RedirectURIs = []string{"https://app.test/cb"}
	if w.registers(m) {
		t.Error("strict and RS256 were registered together")
	}
}
