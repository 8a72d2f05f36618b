package exchange

import (
	"encoding/json"
)

// maxChain is how many actors one behind the other a token may name, the newest among them.
const maxChain = 4

// decodeAct reads the act claim of a token of ours; nil for none.
func decodeAct(act string) (map[string]any, error) {
	if act == "" {
		return nil, nil //nolint:nilnil // no actor is no failure
	}
	var m map[string]any
	err := json.Unmarshal([]byte(act), &m)
	return m, err
}

// onlyActors keeps of another issuer's act what says who acted: nothing else of it means anything here.
func onlyActors(act map[string]any) map[string]any {
	if act == nil {
		return nil
	}
	out := map[string]any{}
	for _, name := range []string{"iss", "sub", "client_id"} {
		if s, ok := act[name].(string); ok && len(s) <= 255 {
			out[name] = s
		}
	}
	if before, ok := act["act"].(map[string]any); ok {
		out["act"] = onlyActors(before)
	}
	return out
}

// depth counts the actors of a chain.
func depth(act map[string]any) int {
	n := 0
	for act != nil {
		n++
		act, _ = act["act"].(map[string]any)
	}
	return n
}

// encodeAct puts the new actor, if there is one, before those that acted earlier (RFC 8693 section 4.1).
func encodeAct(actor *party, before map[string]any) (string, error) {
	if actor == nil && before == nil {
		return "", nil
	}
	act := before
	if actor != nil {
		act = map[string]any{"sub": actor.sub, "client_id": actor.client}
		if before != nil {
			act["act"] = before
		}
	}
	b, err := json.Marshal(act)
	return string(b), err
}
