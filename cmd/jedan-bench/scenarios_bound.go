package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/storage"
)

const assertionParams = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion="

// pushed is what a relying party under FAPI 2 costs for a person who is signed in and has consented: a pushed request (the client's assertion), the
// person's browser, and a redemption with another assertion and a DPoP proof. What it cannot do without: three signatures verified and two made; what
// was pushed and the grant read; and durably, with each jti, the pushed request, the grant in its place, and the redemption.
func pushed() scenario {
	return scenario{
		name: "par-dpop", title: "PAR, DPoP and code flow, private_key_jwt (three requests)", turns: 3,
		goal: sumOf(primHello, primHello, primHello, primVerify, primVerify, primVerify, primES256, primES256, primRead, primRead,
			primWrite, primWrite, primWrite, primWrite),
		setup: func(ctx context.Context, w *world) (err error) {
			if w.signer, err = newSigner(); err != nil {
				return err
			}
			m := webClient("jwt")
			m.TokenEndpointAuthMethod, m.JWKS, m.DPoPBound = "private_key_jwt", w.signer.jwks(), true
			if err := w.clients(ctx, "pushed", m); err != nil {
				return err
			}
			return errors.Join(w.consented(ctx, "pushed"), w.clients(ctx, "code", webClient("jwt")))
		},
		start: func(_ context.Context, w *world) (*drive, error) {
			who, err := w.signedIn(visitors)
			if err != nil {
				return nil, err
			}
			return &drive{warm: clientCount, op: func(c *wire, n int) error {
				i := n % clientCount
				return w.pushAndRedeem(c, w.sets["pushed"][i], who[i%visitors])
			}}, nil
		},
	}
}

func (w *world) pushAndRedeem(c *wire, p *party, who visitor) error {
	now := w.app.Now()
	first, err1 := w.signer.clientAssertion(p.ClientID, w.issuer, now)
	second, err2 := w.signer.clientAssertion(p.ClientID, w.issuer, now)
	proof, err3 := w.signer.dpop(w.issuer+"/oauth2/token", now)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	request := w.authorizeParams(p)
	request.Set("dpop_jkt", w.signer.thumbprint())
	if err := c.want(post(w.host, "/oauth2/par", assertionParams+first+"&"+request.Encode()), 201, nil); err != nil {
		return err
	}
	uri, err := member(c.body, "request_uri")
	if err != nil {
		return err
	}
	ask := url.Values{"client_id": {p.ClientID}, "request_uri": {uri}}.Encode()
	if err := c.want(get(w.host, "/oauth2/authorize?"+ask, "Cookie", who.cookies), 303, nil); err != nil {
		return err
	}
	code, err := c.code()
	if err != nil {
		return err
	}
	return c.want(post(w.host, "/oauth2/token", redemption+code+"&"+assertionParams+second, "Dpop", proof), 200, []byte(`"token_type":"DPoP"`))
}

// code is the one with which the last answer sends the browser back to the client.
func (w *wire) code() (string, error) {
	_, code, found := strings.Cut(w.value("Location"), "code=")
	if !found {
		return "", fmt.Errorf("sent to %.300s instead of the client", w.value("Location"))
	}
	code, _, _ = strings.Cut(code, "&")
	return code, nil
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// device is a device's whole sign-in: its request, the screen with what is asked, the person's yes, and the poll that fetches the tokens. The request is
// found three times, by its user code, its id and its device_code; it, the answer to it and the grant are written; and two pages are drawn.
func device() scenario {
	return scenario{
		name: "device", title: "device grant with a session (four requests)", turns: 4,
		goal: sumOf(primHello, primHello, primHello, primHello, primES256, primES256, primRead, primRead, primRead, primWrite, primWrite, primWrite,
			primPage, primPage),
		setup: func(ctx context.Context, w *world) error {
			m := storage.ClientMetadata{GrantTypes: []string{deviceGrant}, ResponseTypes: []string{}, Scope: "openid profile email", IDTokenSignedResponseAlg: "ES256", TokenEndpointAuthMethod: "none"}
			return errors.Join(w.clients(ctx, "device", m), w.clients(ctx, "code", webClient("jwt")))
		},
		start: func(_ context.Context, w *world) (*drive, error) {
			who, err := w.signedIn(visitors)
			if err != nil {
				return nil, err
			}
			return &drive{warm: clientCount, op: func(c *wire, n int) error {
				i := n % clientCount
				return w.connect(c, w.sets["device"][i].ClientID, who[i%visitors])
			}}, nil
		},
	}
}

func (w *world) connect(c *wire, clientID string, who visitor) error {
	if err := c.want(post(w.host, "/oauth2/device_authorization", "scope=openid+email&client_id="+clientID), 200, nil); err != nil {
		return err
	}
	deviceCode, err1 := member(c.body, "device_code")
	userCode, err2 := member(c.body, "user_code")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if err := c.want(get(w.host, "/device?user_code="+userCode, "Cookie", who.cookies), 200, []byte(`name="csrf"`)); err != nil {
		return err
	}
	form := url.Values{"csrf": {field(c.body, "csrf")}, "request": {field(c.body, "request")}, "decision": {"allow"}, "scope": {"openid", "email"}}
	if err := c.want(post(w.host, "/device/decide", form.Encode(), "Cookie", who.cookies, "Origin", w.issuer), 200, nil); err != nil {
		return err
	}
	poll := url.Values{"grant_type": {deviceGrant}, "device_code": {deviceCode}, "client_id": {clientID}}.Encode()
	return c.want(post(w.host, "/oauth2/token", poll), 200, []byte(`"id_token"`))
}
