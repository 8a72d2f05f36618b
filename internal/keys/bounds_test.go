package keys

import (
	"encoding/json"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// TestJW09Bounds counts the bytes that hostile input makes each parser allocate: less than 1 MB, whatever its size (the attack allows 10).
func TestJW09Bounds(t *testing.T) {
	s := newWorld(t).node(t, SetConfig{Algorithms: all})
	c := newClientKeys(t)
	parsers := map[string]func(string) error{
		"VerifyWith":   func(in string) error { return justErr(VerifyWith(c.set, in, everyAlgorithm())) },
		"Verify":       func(in string) error { _, _, err := s.Verify(in, all, ""); return err },
		"ParseJWKS":    func(in string) error { _, err := ParseJWKS([]byte(in)); return err },
		"DecodeClaims": func(in string) error { _, err := DecodeClaims([]byte(in)); return err },
	}
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	inputs := map[string]string{
		"dots":          strings.Repeat(".", 100_000),
		"dots, short":   strings.Repeat(".", 16_000),
		"1 MB header":   b64([]byte(`{"alg":"ES256","x":"`+strings.Repeat("x", 1<<20)+`"}`)) + ".e30.AAAA",
		"12 kB header":  b64([]byte(`{"alg":"ES256","x":"`+strings.Repeat("x", 9<<10)+`"}`)) + ".e30.AAAA",
		"deep":          deep,
		"deep, short":   strings.Repeat("[", 17) + strings.Repeat("]", 17),
		"deep object":   strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17),
		"deep in token": b64([]byte(strings.Repeat(`{"a":`, 200)+"1"+strings.Repeat("}", 200))) + ".e30.AAAA",
		"1e400":         `{"exp":1e400}`,
		"long number":   `{"n":` + strings.Repeat("9", 60_000) + `}`,
		"long fraction": `{"n":0.` + strings.Repeat("9", 100) + `}`,
		"10 MB":         strings.Repeat("a", 10<<20),
		"many members":  `{"a":1` + strings.Repeat(`,"a":1`, 10_000) + `}`,
		"5 parts":       "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkExMjhHQ00ifQ.AAAA.AAAA.AAAA.AAAA",
	}
	for what, in := range inputs {
		for name, parse := range parsers {
			if n := allocated(func() {
				if err := parse(in); !errs.Is(err, errs.Invalid) {
					t.Errorf("%s takes %s: %v", name, what, err)
				}
			}); n > 1<<20 && n > uint64(2*len(in)) { // []byte(in) is the test's own
				t.Errorf("%s allocates %d bytes for %s", name, n, what)
			}
		}
	}
}

// TestTokenLimit: even a good signature does not make a large token welcome.
func TestTokenLimit(t *testing.T) {
	s := newWorld(t).node(t, quick)
	c := newClientKeys(t)
	payload := func(n int) string { return `{"a":"` + strings.Repeat("x", n) + `"}` }
	for n, ok := range map[int]bool{11_000: true, 13_000: false} {
		if _, _, err := VerifyWith(c.set, c.sign(t, ES256, nil, payload(n)), all); (err == nil) != ok {
			t.Errorf("a client's token with %d bytes: %v", n, err)
		}
	}
	for n, ok := range map[int]bool{1500: true, 2048: false} {
		header := `{"alg":"ES256","x":"` + strings.Repeat("x", n) + `"}`
		if _, _, err := VerifyWith(c.set, c.signHeader(t, ES256, header), all); (err == nil) != ok {
			t.Errorf("a header with %d bytes: %v", n, err)
		}
	}
	for n, ok := range map[int]bool{45_000: true, 50_000: false} {
		token, err := s.Sign(ES256, "", []byte(payload(n)))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Verify(token, all, ""); (err == nil) != ok {
			t.Errorf("our token with %d bytes: %v", n, err)
		}
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestDecodeClaims(t *testing.T) {
	got, err := DecodeClaims([]byte(` {"sub":"a","exp":1700000000.5,"big":12345678901234567890,"list":[1,[],{}],"o":{"x":null,"t":true},"e":"\u0000é"} `))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"sub": "a", "exp": json.Number("1700000000.5"), "big": json.Number("12345678901234567890"),
		"list": []any{json.Number("1"), []any{}, map[string]any{}}, "o": map[string]any{"x": nil, "t": true}, "e": "\x00é",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v", got)
	}
	if at, ok := NumericDate(got["exp"]); !ok || !at.Equal(time.Unix(1700000000, 5e8)) {
		t.Errorf("exp %v", at)
	}
	good := []string{`{}`, `{"exp":0}`, `{"exp":253402300799}`, `{"exp":1.7e9}`, `{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`}
	for _, in := range good {
		if _, err := DecodeClaims([]byte(in)); err != nil {
			t.Errorf("%s: %v", in, err)
		}
	}
	bad := []string{
		``, `null`, `[]`, `"a"`, `1`, `{`, `{}{}`, `{} x`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{,}`, `{"a":[1,]}`, `{'a':1}`, `{"a":01}`, `{"a":NaN}`, "{\"a\":\"\x01\"}",
		"{\"a\":\"\xff\"}", "\ufeff{}", `{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, `{"o":{"b":1,"b":2}}`, `{"a":[{"b":1,"b":2}]}`, `{"\ud800":1,"\ud801":2}`,
		`{"exp":"1700000000"}`, `{"exp":-1}`, `{"exp":9223372036854775808}`, `{"exp":1e400}`, `{"exp":null}`, `{"exp":[1]}`, `{"exp":253402300800}`,
		`{"nbf":"1"}`, `{"iat":true}`, `{"nbf":-0.5}`, `{"other":1e400}`, `{"other":[-1e999]}`, `{"other":` + strings.Repeat("1", 65) + `}`,
		`{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, `{"a":"` + strings.Repeat("x", maxClaims) + `"}`,
	}
	for _, in := range bad {
		if _, err := DecodeClaims([]byte(in)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%.60s: %v", in, err)
		}
	}
	if _, ok := NumericDate("1"); ok {
		t.Error("a string is a date")
	}
}

// TestErrorsSayNothing: no refusal repeats what was sent.
func TestErrorsSayNothing(t *testing.T) {
	c := newClientKeys(t)
	const canary = "canary-secret"
	errors := []error{
		justErr(VerifyWith(c.set, canary, all)),
		justErr(VerifyWith(c.set, craft(`{"alg":"`+canary+`"}`, canary, []byte(canary)), all)),
		justErr(VerifyWith(c.set, craft(`{"alg":"ES256","kid":"`+canary+`"}`, canary, []byte(canary)), all)),
		justErr(VerifyWith(c.set, craft(`{"`+canary, canary, []byte(canary)), all)),
		second(ParseJWKS([]byte(`{"keys":[{"kty":"` + canary + `"}]}`))),
		second(ParseJWKS([]byte(`{"keys":[{"kty":"EC","crv":"` + canary + `"}]}`))),
		second(DecodeClaims([]byte(`{"` + canary + `":1,"` + canary + `":2}`))),
	}
	for i, err := range errors {
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func FuzzDecodeClaims(f *testing.F) {
	for _, s := range []string{`{}`, `{"exp":1,"a":[1,{"b":null}],"c":"é\n"}`, `{"a":1,"a":2}`, `{"a":1e400}`, `{"a":1,}`, `{"\ud800":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := DecodeClaims(in)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		d := json.NewDecoder(strings.NewReader(string(in)))
		d.UseNumber()
		var want map[string]any
		if err := d.Decode(&want); err != nil || !json.Valid(in) {
			t.Fatalf("encoding/json refuses %q: %v", in, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %v and %v", in, got, want)
		}
	})
}

func FuzzParseJWKS(f *testing.F) {
	c := newClientKeys(f)
	f.Add(c.raw)
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AA"}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		set, err := ParseJWKS(in)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if len(set.Keys) == 0 || len(set.Keys) > maxKeys {
			t.Fatal("an empty or overfull set is taken")
		}
		for _, k := range set.Keys {
			if !k.IsPublic() || !strong(k.Key) || k.Use == "enc" {
				t.Fatalf("taken: %T", k.Key)
			}
			if _, err := json.Marshal(k); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzVerifyWith: only the tokens that the client signed verify, and no other spelling of their base64url.
func FuzzVerifyWith(f *testing.F) {
	c := newClientKeys(f)
	signed := map[string]bool{}
	for _, alg := range []string{RS256, PS256, ES256, EdDSA} {
		token := c.sign(f, alg, map[jose.HeaderKey]any{"kid": strings.ToLower(alg)}, `{"sub":"a"}`)
		signed[token] = true
		f.Add(token)
	}
	f.Add("e30.e30.AAAA")
	f.Add(craft(`{"alg":"none"}`, "{}", nil))
	f.Add(symmetric("HS256", "rs256", []byte("key")))
	f.Fuzz(func(t *testing.T, token string) {
		_, _, err := VerifyWith(c.set, token, everyAlgorithm())
		switch {
		case err == nil && !signed[token]:
			t.Fatalf("forged: %q", token)
		case err != nil && !errs.Is(err, errs.Invalid):
			t.Fatal(err)
		}
	})
}

func FuzzAppendRaw(f *testing.F) {
	f.Add([]byte{0x30, 6, 2, 1, 1, 2, 1, 2})
	f.Fuzz(func(t *testing.T, der []byte) {
		raw, err := appendRaw(nil, der)
		if err == nil && len(raw) != 2*coordinate {
			t.Fatal(errors.New("not 64 bytes"))
		}
	})
}
