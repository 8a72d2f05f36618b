package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/directory"
)

// samlTurns is how many responses are made before a run: each counts once.
const samlTurns = 600

// samlSignIn is somebody who comes from their identity provider: its form, and the same from our own page, which signs them in.
func samlSignIn() scenario {
	return scenario{
		name: "saml", title: "SAML sign-in, response and assertion signed (two requests)", turns: 2, goal: sumOf(primXMLDSig),
		setup: func(ctx context.Context, w *world) (err error) {
			m := webClient("jwt")
			m.InitiateLoginURI = "https://app.test/start"
			if err = w.clients(ctx, "saml", m); err != nil {
				return err
			}
			if w.saml, err = newSAMLSource(w.issuer+"/saml/bench", w.issuer+"/saml/bench/acs"); err != nil {
				return err
			}
			return w.samlConnector(ctx)
		},
		start: func(_ context.Context, w *world) (*drive, error) {
			responses, browsers := make([]string, samlTurns), make([]string, visitors)
			var used atomic.Int64
			d := &drive{warm: samlTurns, most: samlTurns, op: func(c *wire, _ int) error {
				i := int(used.Add(1) - 1)
				return w.samlComes(c, responses[i], &browsers[i%visitors])
			}}
			d.fresh = func(context.Context) (err error) {
				used.Store(0)
				for i := range responses {
					if responses[i], err = w.saml.response(fmt.Sprintf("maria-%d", i%visitors)); err != nil {
						return err
					}
				}
				return nil
			}
			return d, d.fresh(context.Background())
		},
	}
}

func (w *world) samlConnector(ctx context.Context) error {
	meta, err := w.saml.metadata()
	if err != nil {
		return err
	}
	client := w.sets["saml"][0]
	config, err := json.Marshal(map[string]any{"idp_entity_id": samlIDP, "idp_metadata": meta, "allow_idp_initiated": true})
	if err != nil {
		return err
	}
	_, err = w.app.Connectors.Create(ctx, federation.Draft{
		Name: "bench", Kind: "saml", Title: "Bench", Settings: federation.Settings{Create: true, Hidden: true, Lands: client.ClientID, Config: config},
	}, directory.Actor{Kind: "operator", ID: "bench"})
	return err
}

// samlComes brings a response in a browser that has been here before, once it has.
func (w *world) samlComes(c *wire, response string, browser *string) error {
	form := "SAMLResponse=" + url.QueryEscape(response)
	if err := c.want(post(w.host, "/saml/bench/acs", form, "Origin", "https://idp.test"), 200, []byte(`id="form-post"`)); err != nil {
		return err
	}
	for range 2 {
		status, err := c.do(post(w.host, "/federation/bench/resume", form, "Cookie", *browser, "Origin", w.issuer))
		if err != nil {
			return err
		}
		jar := c.setCookies(nil)
		delete(jar, "jedan-session")
		if len(jar) > 0 {
			*browser = jar.line()
		}
		if status == 303 && strings.Contains(c.value("Location"), "/landed") {
			return nil
		}
	}
	return errors.New("the sign-in led to " + c.value("Location") + string(c.body[:min(300, len(c.body))]))
}
