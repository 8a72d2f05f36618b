package samlsp

import (
	"encoding/json"
	"testing"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func TestTheKindMakesConnectors(t *testing.T) {
	w := newWorld(t)
	k := Kind{Deps: w.c.deps}
	raw, err := json.Marshal(w.config)
	if err != nil {
		t.Fatal(err)
	}
	key, err := evilPair().PEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		setup federation.Setup
		own   bool
		bad   bool
	}{
		"shared keys":     {federation.Setup{Name: "corp", Config: raw}, false, false},
		"its own":         {federation.Setup{Name: "corp", Config: raw, Secrets: map[string]string{"key": key, "next_key": key}}, true, false},
		"a broken key":    {federation.Setup{Name: "corp", Config: raw, Secrets: map[string]string{"key": "x"}}, false, true},
		"a broken next":   {federation.Setup{Name: "corp", Config: raw, Secrets: map[string]string{"key": key, "next_key": "x"}}, false, true},
		"unknown members": {federation.Setup{Name: "corp", Config: []byte(`{"x":1}`)}, false, true},
		"two values":      {federation.Setup{Name: "corp", Config: append(raw, "{}"...)}, false, true},
		"no provider":     {federation.Setup{Name: "corp", Config: []byte(`{}`)}, false, true},
		"bad metadata":    {federation.Setup{Name: "corp", Config: []byte(`{"idp_entity_id":"x","idp_metadata":"<x/>"}`)}, false, true},
	} {
		got, err := k.Make(c.setup)
		if c.bad {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		made := got.(*Connector)
		pairs, err := made.deps.Keys.Pairs(t.Context())
		if err != nil || made.config.ACSURL != ourACS || pairs.Current.Certificate.Equal(evilPair().Certificate) != c.own || (pairs.Next != nil) != c.own {
			t.Errorf("%s: %v %+v", name, err, made.config)
		}
	}
	if at, err := k.Audience(raw); err != nil || at != idpName || k.Name() != "saml" || len(k.Secrets()) != 3 {
		t.Errorf("%s %v", at, err)
	}
}
