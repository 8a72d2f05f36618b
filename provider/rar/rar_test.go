package rar

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

const paymentSchema = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false,
	"required": ["type", "amount", "creditor"],
	"properties": {
		"type": {"const": "payment"}, "creditor": {"type": "string", "minLength": 1}, "reference": {"type": "string"},
		"amount": {"type": "object", "required": ["value", "currency"], "additionalProperties": false,
			"properties": {"value": {"type": "number", "exclusiveMinimum": 0}, "currency": {"enum": ["EUR", "USD"]}}},
		"locations": {"type": "array"}, "actions": {"type": "array"}, "identifier": {}
	}
}`

func payment() core.DetailTypeConfig {
	return core.DetailTypeConfig{Type: "payment", Schema: paymentSchema, Sentences: map[string]string{
		"en": "Pay {amount.value} {amount.currency} to {creditor}", "de": "{amount.value} {amount.currency} an {creditor} zahlen ({reference})",
	}}
}

func client(types ...string) *core.Client {
	c := &core.Client{Client: &storage.Client{}}
	c.Metadata.DetailTypes = types
	return c
}

func types(t testing.TB) *Types {
	t.Helper()
	out, err := New([]core.DetailTypeConfig{payment(), {Type: "account", Schema: `{"type":"object"}`, Sentences: map[string]string{"en": "Read your accounts"}, Remember: true}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestJudge(t *testing.T) {
	list, err := types(t).Judge(t.Context(), client("payment", "account"),
		`[{"type":"payment","amount":{"value":12.50,"currency":"EUR"},"creditor":"{reference}","reference":"R 7","actions":["a","b"]},{"type":"account","x":{"y":[1,null,{"z":true}]}}]`)
	if err != nil {
		t.Fatal(err)
	}
	p, a := list[0], list[1]
	if p.Titles["en"] != "Pay 12.50 EUR to {reference}" || p.Titles["de"] != "12.50 EUR an {reference} zahlen (R 7)" || !p.Once || a.Once {
		t.Errorf("%+v", p)
	}
	if !reflect.DeepEqual(p.Rest, []string{"actions: a, b", "reference: R 7"}) || !reflect.DeepEqual(a.Rest, []string{`x.y: 1, –, {"z":true}`}) {
		t.Errorf("not shown as it is: %q %q", p.Rest, a.Rest)
	}
	if other := core.Detail(a); other.Key() == p.Key() || !strings.HasPrefix(p.Key(), core.DetailPrefix) {
		t.Error("two details with one name")
	}
}

func TestJudgeRefuses(t *testing.T) {
	const good = `"amount":{"value":1,"currency":"EUR"},"creditor":"x"`
	for name, raw := range map[string]string{
		"unknown type": `[{"type":"other"}]`, "no type": `[{` + good + `}]`, "not registered": `[{"type":"account"}]`, "one of two": `[{"type":"payment",` + good + `},{"type":"account"}]`,
		"schema": `[{"type":"payment","amount":{"value":0,"currency":"EUR"},"creditor":"x"}]`, "missing": `[{"type":"payment"}]`, "additional": `[{"type":"payment",` + good + `,"evil":1}]`,
		"text for number": `[{"type":"payment","amount":{"value":"1","currency":"EUR"},"creditor":"x"}]`, "locations": `[{"type":"payment",` + good + `,"locations":"https://a"}]`,
		"location": `[{"type":"payment",` + good + `,"locations":["a b"]}]`, "actions": `[{"type":"payment",` + good + `,"actions":[1]}]`, "identifier": `[{"type":"payment",` + good + `,"identifier":1}]`,
		"too long to show": `[{"type":"payment","amount":{"value":1,"currency":"EUR"},"creditor":"` + strings.Repeat("x", 260) + `"}]`,
		"too long below":   `[{"type":"payment",` + good + `,"reference":"` + strings.Repeat("x", 260) + `"}]`, "not JSON": `[{`, "twice": `[{"type":"payment","type":"payment",` + good + `}]`,
	} {
		_, err := types(t).Judge(t.Context(), client("payment"), raw)
		if r := core.AsRefusal(err); err == nil || r.Err.ErrorField != "invalid_authorization_details" {
			t.Errorf("%s: %v", name, err)
		}
	}
	many := strings.Repeat(`"k":1,`, 0)
	for i := range 60 {
		many += `"k` + strings.Repeat("i", i) + `":1,`
	}
	if _, err := types(t).Judge(t.Context(), client("account"), `[{`+many+`"type":"account"}]`); err == nil {
		t.Error("more members than a page shows")
	}
}

// A member is shown by the sentence only if it stands where the sentence looks, whatever its name reads like.
func TestNothingHides(t *testing.T) {
	k, err := New([]core.DetailTypeConfig{{Type: "x", Schema: `{}`, Sentences: map[string]string{"en": "Pay {amount.value}"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		raw  string
		rest []string
	}{
		"a dot in a name":       {`"amount.value":9`, []string{"amount.value: 9"}},
		"no name":               {`"":9`, []string{`"": 9`}},
		"no name before it":     {`"":{"amount":{"value":9},"type":"y"}`, []string{`"".amount.value: 9`, `"".type: y`}},
		"no name in between":    {`"a":{"":{"":8},"b":9}`, []string{`a."".""` + ": 8", "a.b: 9"}},
		"a dot further down":    {`"a":{"type":1},"b":{"amount.value":9}`, []string{"a.type: 1", "b.amount.value: 9"}},
		"a part of what is not": {`"amountx":{"value":9}`, []string{"amountx.value: 9"}},
	} {
		list, err := k.Judge(t.Context(), client("x"), `[{"type":"x","amount":{"value":1},`+c.raw+`}]`)
		if err != nil || !reflect.DeepEqual(list[0].Rest, c.rest) || list[0].Titles["en"] != "Pay 1" {
			t.Errorf("%s: %+v %v", name, list, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*core.DetailTypeConfig){
		"no type": func(c *core.DetailTypeConfig) { c.Type = "" }, "space": func(c *core.DetailTypeConfig) { c.Type = "a b" },
		"no english": func(c *core.DetailTypeConfig) { delete(c.Sentences, "en") }, "no schema": func(c *core.DetailTypeConfig) { c.Schema = "" },
		"bad schema": func(c *core.DetailTypeConfig) { c.Schema = `{"type":"objekt"}` }, "open brace": func(c *core.DetailTypeConfig) { c.Sentences["en"] = "Pay {amount" },
		"close brace": func(c *core.DetailTypeConfig) { c.Sentences["en"] = "Pay amount}" }, "empty place": func(c *core.DetailTypeConfig) { c.Sentences["en"] = "Pay {}" },
		"blank": func(c *core.DetailTypeConfig) { c.Sentences["de"] = " " }, "elsewhere": func(c *core.DetailTypeConfig) { c.Schema = `{"$ref":"https://evil.example/schema.json"}` },
		"a file": func(c *core.DetailTypeConfig) { c.Schema = `{"$ref":"file:///etc/passwd"}` },
	} {
		c := payment()
		change(&c)
		if _, err := New([]core.DetailTypeConfig{c}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := New([]core.DetailTypeConfig{payment(), payment()}); err == nil {
		t.Error("a type twice")
	}
}

// Whatever a client sends: it is refused in the protocol's words, or it is shown whole, and what is kept of it reads as the same again.
func FuzzJudge(f *testing.F) {
	for _, s := range []string{
		`[{"type":"payment","amount":{"value":1e2,"currency":"EUR"},"creditor":"x"}]`, `[{"type":"account","a":{"b":["c",{"d":null}]}}]`, `[]`, `[{"type":"account"}`, `null`,
		`[{"type":"account","locations":["https://a.example"]}]`, "[{\"type\":\"account\",\"\u202e\":\"\\u0000\"}]", `[],"x":[{"type":"account"}]`,
		`[{"type":"account","":{"type":"x","amount":{"value":1}},"a.b":[{}],"c":{}}]`,
	} {
		f.Add(s)
	}
	all, c := types(f), client("payment", "account")
	f.Fuzz(func(t *testing.T, raw string) {
		list, err := all.Judge(t.Context(), c, raw)
		if err != nil {
			if r := (*core.Refusal)(nil); !errors.As(err, &r) || r.Err.ErrorField != "invalid_authorization_details" {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		var members []map[string]any
		for _, d := range list {
			if tooLong(d.Titles["en"]) || len(d.Rest) > maxLines {
				t.Errorf("%q: cut", raw)
			}
			if shown := map[string]int{"payment": 4, "account": 1}[d.Type]; len(d.Rest)+shown != leaves(d.Members) {
				t.Errorf("%q: something is hidden: %q", raw, d.Rest)
			}
			members = append(members, d.Members)
		}
		kept, err := core.CanonicalDetails(members)
		if err != nil {
			t.Fatal(err)
		}
		again, err := core.NarrowDetails(kept, kept, nil)
		if err != nil || again != kept {
			t.Errorf("%q is kept as %q and read as %q: %v", raw, kept, again, err)
		}
	})
}

// leaves counts everything that a person should read.
func leaves(v any) int {
	m, ok := v.(map[string]any)
	if !ok || len(m) == 0 {
		return 1
	}
	n := 0
	for _, x := range m {
		n += leaves(x)
	}
	return n
}
