package config

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

type selfish struct {
	Next []selfish `config:"next" doc:"x"`
}

// Mistakes of the programmer are errors of their own, found by any load.
func TestBadStructsAreRefused(t *testing.T) {
	cases := map[string]func() error{
		"no config tag": load[struct{ A string }],
		"lower case": load[struct {
			A string `config:"AccessLifetime" doc:"x"`
		}],
		"lower case words": load[struct {
			A string `config:"a__b" doc:"x"`
		}],
		"ends in _file": load[struct {
			A string `config:"key_file" doc:"x"`
		}],
		"has no doc": load[struct {
			A string `config:"a"`
		}],
		"defined twice": load[struct {
			A string `config:"a" doc:"x"`
			B string `config:"a" doc:"x"`
		}],
		"cannot be configured": load[struct {
			A chan int `config:"a" doc:"x"`
		}],
		"type func() cannot": load[struct {
			A []func() `config:"a" doc:"x"`
		}],
		"map[int]string cannot": load[struct {
			A map[int]string `config:"a" doc:"x"`
		}],
		"contains itself": load[selfish],
		"is a secret but no string": load[struct {
			A int `config:"a" secret:"true" doc:"x"`
		}],
		"default: is not a duration": load[struct {
			A time.Duration `config:"a" default:"soon" doc:"x"`
		}],
		"default: is not JSON": load[struct {
			A []string `config:"a" default:"a,b" doc:"x"`
		}],
		"service link": load[struct {
			A int `config:"port" doc:"x"`
		}],
		"is not a struct": load[int],
	}
	for want, try := range cases {
		if err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func load[T any]() error {
	_, err := Load[T](Sources{})
	return err
}

func TestReference(t *testing.T) {
	list, err := Reference(sample{})
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]Entry{}
	for _, e := range list {
		byPath[e.Path] = e
	}
	for _, want := range []Entry{
		{"tokens.access_lifetime", "duration", "10m", "How long access tokens live.", "JEDAN_TOKENS__ACCESS_LIFETIME", false},
		{"mail.password", "string", "", "Password.", "JEDAN_MAIL__PASSWORD", true},
		{"mail.smtp.port", "integer", "587", "Port.", "JEDAN_MAIL__SMTP__PORT", false},
		{"listen", "list of string", `["127.0.0.1:8080", "[::1]:8080"]`, "Addresses.", "JEDAN_LISTEN", false},
		{"connectors", "list of keys", "", "Connectors.", "JEDAN_CONNECTORS", false},
		{"connectors[].timeout", "duration", "5s", "Timeout.", "", false},
		{"by_name.*.name", "string", "", "Name.", "", false},
		{"body", "size", "64KiB", "Largest body.", "JEDAN_BODY", false},
		{"proxies", "list of prefix", "", "Trusted proxies.", "JEDAN_PROXIES", false},
		{"on", "boolean", "true", "On.", "JEDAN_ON", false},
		{"ratio", "number", "0.5", "A ratio.", "JEDAN_RATIO", false},
		{"labels", "map of string", "", "Labels.", "JEDAN_LABELS", false},
		{"quiet", "boolean", "", "Say less.", "JEDAN_QUIET", false},
	} {
		if got := byPath[want.Path]; got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	if _, err := Reference(struct{ A int }{}); err == nil {
		t.Error("a bad struct was documented")
	}
}

func commented(t *testing.T, v sample) string {
	t.Helper()
	out, err := Commented(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestCommentedDefaultsLoadAsDefaults(t *testing.T) {
	v := mustLoad(t, Sources{})
	out := commented(t, v)
	if got := mustLoad(t, fromYAML(out)); !reflect.DeepEqual(got, v) {
		t.Errorf("%+v", got)
	}
	for _, want := range []string{"# The issuer.\n# issuer: \"http://localhost:8080\"\n", "\n# Tokens.\ntokens:\n  # How long access tokens live.\n  # access_lifetime: 10m\n",
		"  # A secret: better in JEDAN_MAIL__PASSWORD or in the file that JEDAN_MAIL__PASSWORD_FILE names.\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("missing %q in\n%s", want, out)
		}
	}
}

// Whoever takes the "#" from a key's line changes nothing yet.
func TestUncommentedDefaultsLoadAsDefaults(t *testing.T) {
	v := mustLoad(t, Sources{})
	var text strings.Builder
	for line := range strings.Lines(commented(t, v)) {
		rest, isComment := strings.CutPrefix(strings.TrimLeft(line, " "), "# ")
		if name, _, isKey := strings.Cut(rest, ": "); isComment && isKey && !strings.Contains(name, " ") {
			line = strings.Replace(line, "# ", "", 1)
		}
		text.WriteString(line)
	}
	got := mustLoad(t, fromYAML(text.String()))
	got.Labels, got.Connectors, got.ByName, got.Proxies = nil, nil, nil, nil // empty is not nil, and means the same
	if !reflect.DeepEqual(got, v) {
		t.Errorf("got  %+v\nwant %+v\n%s", got, v, text.String())
	}
}

func TestCommentedKeepsWhatDiffersAndNoSecret(t *testing.T) {
	v := mustLoad(t, Sources{})
	v.Issuer, v.Tokens.AccessLifetime, v.Mail.SMTP.Port, v.On = "https://id.test: #\"\\\n\u00e9\u0085", 90*time.Second, 25, false
	v.Labels = map[string]string{"b": "2: {", "a": "x\x7f\U0001f600"}
	v.Connectors = []connector{{Name: "true", Timeout: time.Minute}}
	v.ByName = map[string]connector{"k": {Name: "n", Timeout: time.Second}}
	v.Mail.Host = "null"
	out := commented(t, v)
	if got := mustLoad(t, fromYAML(out)); !reflect.DeepEqual(got, v) {
		t.Errorf("got  %+v\nwant %+v\n%s", got, v, out)
	}
	v.Mail.Password = "CANARY-hunter2"
	if strings.Contains(commented(t, v), "CANARY") {
		t.Error("a secret was written")
	}
	if _, err := Commented(3); err == nil {
		t.Error("a number is no configuration")
	}
}

func FuzzYAML(f *testing.F) {
	for _, seed := range []string{"issuer: x\n", "tokens: {access_lifetime: 5m}", "connectors: [{name: a}]", "a: &x [*x]", "labels: {a: b}", "\x00", "? a\n: b", "- - -", "!!map {}", "issuer: !!"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		src := Sources{File: "c.yaml", ReadFile: func(string) ([]byte, error) { return raw, nil }}
		v, err := Load[sample](src)
		if err != nil {
			return
		}
		// What loads can be written and loads again as the same.
		out, err := Commented(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Load[sample](Sources{File: "c.yaml", ReadFile: func(string) ([]byte, error) { return out, nil }})
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		again.Mail.Password, again.Mail.Key = v.Mail.Password, v.Mail.Key
		second, err := Commented(again)
		if err != nil || !bytes.Equal(out, second) {
			t.Fatalf("written twice, differs: %v\n%s\n%s", err, out, second)
		}
	})
}

func FuzzEnvironment(f *testing.F) {
	f.Add("JEDAN_LISTEN", `["a"]`)
	f.Add("JEDAN_CONNECTORS", `[{"name":"a","name":"b"}]`)
	f.Add("JEDAN_LABELS", `{"a":{"b":[1,2,{}]}}`)
	f.Add("JEDAN_TOKENS__ACCESS_LIFETIME", "1d1h")
	f.Add("JEDAN_BODY", "1KiB")
	f.Fuzz(func(t *testing.T, name, value string) {
		_, err := Load[sample](Sources{Environ: []string{name + "=" + value}, ReadFile: files(nil)})
		known := strings.HasPrefix(name, "JEDAN_")
		if err != nil && !known {
			t.Fatalf("a foreign variable was judged: %v", err)
		}
	})
}
