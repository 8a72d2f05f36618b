package exchange

import (
	"encoding/json"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// FuzzActors: of what another issuer's token says of actors only names are kept, in their order, never more than four; and whom its may_act does not name
// does not act.
func FuzzActors(f *testing.F) {
	for _, s := range []string{
		`{"act":{"sub":"a","client_id":"c","iss":"i","email":"x","act":{"sub":"b"}},"may_act":{"sub":"app"}}`, `{"may_act":{"sub":"app","client_id":"app","iss":"https://id.test"}}`, `{"may_act":{"sub":"other"}}`, `{"may_act":{}}`,
		`{"may_act":{"sub":"app","email":"x"}}`, `{"act":{"sub":1,"act":[]}}`, `{"act":{"act":{"act":{"act":{"act":{}}}}}}`, `{"may_act":{"sub":["app"]}}`, `{"act":null,"may_act":null}`, `{"may_act":{"iss":"https://id.test"}}`,
	} {
		f.Add([]byte(s))
	}
	g := &Grant{Tokens: core.NewTokens("https://id.test", storage.ID{}, nil, nil, nil)}
	client := &core.Client{Client: &storage.Client{ClientID: "app"}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		claims, err := keys.DecodeClaims(raw)
		if err != nil {
			return
		}
		act, _ := claims["act"].(map[string]any)
		mayAct, _ := claims["may_act"].(map[string]any)
		r := &request{g: g, TokenRequest: &core.TokenRequest{Client: client}, subject: &party{act: onlyActors(act), mayAct: mayAct}, actor: &party{sub: "app", client: "app"}}
		if err := checkChain(t.Context(), r); err == nil {
			kept, err := decodeAct(r.act)
			if err != nil || depth(kept) != 1+depth(act) || depth(kept) > maxChain || !namesOnly(kept) || kept["sub"] != "app" {
				t.Errorf("%q: %q %v", raw, r.act, err)
			}
		} else if depth(act) < maxChain {
			t.Errorf("%q: %v", raw, err)
		}
		named := mayAct == nil
		if sub, client := mayAct["sub"], mayAct["client_id"]; sub == "app" && (client == nil || client == "app") || client == "app" && sub == nil {
			named = true
		}
		if err := checkMayAct(t.Context(), r); err == nil && !named {
			t.Errorf("%q lets app act", raw)
		}
	})
}

// namesOnly reports whether a chain says nothing but who acted.
func namesOnly(act map[string]any) bool {
	for name, v := range act {
		before, isActor := v.(map[string]any)
		_, isText := v.(string)
		switch name {
		case "act":
			if !isActor || !namesOnly(before) {
				return false
			}
		case "sub", "client_id", "iss":
			if !isText {
				return false
			}
		default:
			return false
		}
	}
	_, err := json.Marshal(act)
	return err == nil
}
