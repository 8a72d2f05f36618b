package modules

import (
	"encoding/base64"
	"encoding/json"
	"runtime"
	"strings"
	"testing"
)

// allocated is what one try makes server and test allocate together, in bytes.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestJW09_ParserBounds(t *testing.T) {
	w := open(t)
	rp, k := w.asserting("ES256")
	deep := strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000)
	raw := func(header, payload string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".AAAA"
	}
	bombs := []string{
		strings.Repeat(".", 100_000), strings.Repeat("a.", 50_000), raw(`{"alg":"ES256","x":"`+strings.Repeat("x", 1<<20)+`"}`, "{}"), raw(deep, "{}"),
		raw(`{"alg":"ES256"}`, deep), raw(`{"alg":"ES256"}`, strings.Repeat("[", 20_000)), raw(`{"alg":"ES256"}`, `{"exp":1e400}`), raw(`{"alg":1e400}`, "{}"), "..", ".", "",
	}
	for _, in := range w.jwtInputs() {
		if _, ok := in.try(in.good()); !ok {
			t.Fatalf("%s: a good token is refused", in.name)
		}
		for i, bomb := range bombs {
			var status int
			var accepted bool
			bytes := allocated(func() { status, accepted = in.try(bomb) })
			empty := bomb == "" && !strings.Contains(in.name, "access") // an absent parameter
			if (accepted || status < 400 || status >= 500) && !empty {
				t.Errorf("%s: bomb %d: status %d, accepted %v", in.name, i, status, accepted)
			}
			if bytes > 10<<20 {
				t.Errorf("%s: bomb %d: %d bytes allocated", in.name, i, bytes)
			}
		}
	}
	for _, exp := range []any{"1", "tomorrow", -1, json.Number("9223372036854775808"), json.Number("1e400"), json.Number("1e300"), json.Number("253402300800"), true, []int{1}} {
		w.notAsserted(k.sign("ES256", nil, w.claims(rp, "exp", exp)))
	}
	twice := `{"iss":"` + rp.ID + `","sub":"` + rp.ID + `","sub":"` + rp.ID + `"}`
	if a := w.assert(raw(`{"alg":"ES256","kid":"key-1"}`, twice)); a.Status != 401 {
		t.Errorf("a member twice: %d", a.Status)
	}
	w.ok(w.assert(k.sign("ES256", nil, w.claims(rp))))
}
