package samlsp

import (
	"context"
	"encoding/json"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// Kind makes connectors. What they share is in Deps; Name is each one's own.
type Kind struct{ Deps Deps }

var _ federation.Kind = Kind{}

// Name is saml.
func (Kind) Name() string { return kindName }

// Secrets are our keys, each with its certificate (Pair.PEM): the current one, the next and the last.
func (Kind) Secrets() []string { return []string{"key", "next_key", "last_key"} }

// Make makes a connector. One without keys of its own uses those that all share.
func (k Kind) Make(s federation.Setup) (federation.Connector, error) {
	var c Config
	if err := federation.Strict(s.Config, &c); err != nil {
		return nil, errs.Wrap(errs.Invalid, "The config of a SAML connector is not one JSON object with the members that it has.", err)
	}
	d := k.Deps
	d.Name = s.Name
	if s.Secrets["key"] != "" {
		pairs, err := pairsOf(s.Secrets)
		if err != nil {
			return nil, err
		}
		d.Keys = Fixed{*pairs}
	}
	made, err := New(context.Background(), c, d) // it asks nobody
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "The config of a SAML connector cannot work: "+err.Error(), err)
	}
	return made, nil
}

func pairsOf(secrets map[string]string) (*Pairs, error) {
	current, err := samlxml.ParsePair(secrets["key"])
	if err != nil {
		return nil, err
	}
	out := &Pairs{Current: current}
	for name, at := range map[string]**samlxml.Pair{"next_key": &out.Next, "last_key": &out.Last} {
		if secrets[name] == "" {
			continue
		}
		p, err := samlxml.ParsePair(secrets[name])
		if err != nil {
			return nil, err
		}
		*at = &p
	}
	return out, nil
}

// Audience is the identity provider. Our keys go nowhere, but they belong to one.
func (Kind) Audience(config json.RawMessage) (string, error) {
	var c Config
	if err := json.Unmarshal(config, &c); err != nil {
		return "", errs.Wrap(errs.Invalid, "The config of a SAML connector is no JSON object.", err)
	}
	return c.IDPEntityID, nil
}
