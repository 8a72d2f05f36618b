package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

type tokens struct {
	AccessLifetime time.Duration `config:"access_lifetime" default:"10m" doc:"How long access tokens live."`
	Algorithm      string        `config:"algorithm" default:"ES256" doc:"Signing algorithm."`
}

func (t tokens) Validate() error {
	var problems []error
	if t.AccessLifetime > time.Hour {
		problems = append(problems, Invalid("access_lifetime", "must be at most 1h"))
	}
	if t.Algorithm == "none" {
		problems = append(problems, Invalid("algorithm", "must sign"))
	}
	return errors.Join(problems...)
}

type connector struct {
	Name    string        `config:"name" doc:"Name."`
	Timeout time.Duration `config:"timeout" default:"5s" doc:"Timeout."`
}

func (c *connector) Validate() error {
	if c.Name == "" {
		return Invalid("name", "is required")
	}
	return nil
}

type shared struct {
	Verbose bool `config:"verbose" doc:"Say more."`
}

type sample struct {
	Issuer     string               `config:"issuer" default:"http://localhost:8080" doc:"The issuer."`
	Listen     []string             `config:"listen" default:"[\"127.0.0.1:8080\", \"[::1]:8080\"]" doc:"Addresses."`
	Proxies    []netip.Prefix       `config:"proxies" doc:"Trusted proxies."`
	Tokens     tokens               `config:"tokens" doc:"Tokens."`
	Body       Bytes                `config:"body" default:"64KiB" doc:"Largest body."`
	Ratio      float64              `config:"ratio" default:"0.5" doc:"A ratio."`
	Workers    uint8                `config:"workers" default:"4" doc:"Workers."`
	Offset     int                  `config:"offset" doc:"An offset."`
	On         bool                 `config:"on" default:"true" doc:"On."`
	Labels     map[string]string    `config:"labels" doc:"Labels."`
	Connectors []connector          `config:"connectors" doc:"Connectors."`
	ByName     map[string]connector `config:"by_name" doc:"Connectors by name."`
	Mail       struct {
		Host     string `config:"host" doc:"Host."`
		Password Secret `config:"password" doc:"Password."`
		Key      string `config:"key" secret:"true" doc:"Key."`
		SMTP     struct {
			Port int `config:"port" default:"587" doc:"Port."`
		} `config:"smtp" doc:"SMTP."`
	} `config:"mail" doc:"Mail."`
	shared
	Shared
	ignored int
	Skipped int `config:"-"`
}

// Shared is embedded without a tag: its keys are the outer struct's.
type Shared struct {
	Quiet bool `config:"quiet" doc:"Say less."`
}

func files(content map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if text, ok := content[name]; ok {
			return []byte(text), nil
		}
		return nil, &os.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
}

func fromYAML(text string) Sources {
	return Sources{File: "/etc/jedan/config.yaml", ReadFile: files(map[string]string{"/etc/jedan/config.yaml": text})}
}

func mustLoad(t *testing.T, src Sources) sample {
	t.Helper()
	v, err := Load[sample](src)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantProblems loads and compares all problems, a line each.
func wantProblems(t *testing.T, src Sources, want ...string) {
	t.Helper()
	v, err := Load[sample](src)
	if err == nil {
		t.Fatalf("accepted: %+v", v)
	}
	if !reflect.DeepEqual(v, sample{}) {
		t.Error("a refused configuration was returned")
	}
	if got := err.Error(); got != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func TestDefaults(t *testing.T) {
	v := mustLoad(t, Sources{})
	if v.Issuer != "http://localhost:8080" || v.Tokens.AccessLifetime != 10*time.Minute || v.Body != 64<<10 || v.Mail.SMTP.Port != 587 ||
		len(v.Listen) != 2 || v.Ratio != 0.5 || v.Workers != 4 || !v.On {
		t.Errorf("%+v", v)
	}
	d, err := Defaults[sample]()
	if err != nil || !reflect.DeepEqual(d, v) {
		t.Errorf("Defaults differs: %+v %v", d, err)
	}
}

func TestFileEnvironmentAndFlagsInTheirOrder(t *testing.T) {
	src := fromYAML("issuer: https://file.test\ntokens:\n  access_lifetime: 5m\n  algorithm: RS256\nbody: 1MiB\nlisten: [a, b, c]\n")
	src.Environ = []string{"PATH=/bin", "JEDAN_TOKENS__ACCESS_LIFETIME=7m", "JEDAN_ISSUER=https://env.test", "JEDAN_LISTEN=[\"x\"]", "JEDAN_CONFIG=y"}
	src.Own = []string{"JEDAN_CONFIG"}
	src.Flags = map[string]string{"issuer": "https://flag.test", "mail.smtp.port": "25"}
	v := mustLoad(t, src)
	if v.Issuer != "https://flag.test" || v.Tokens.AccessLifetime != 7*time.Minute || v.Tokens.Algorithm != "RS256" || v.Body != 1<<20 ||
		!reflect.DeepEqual(v.Listen, []string{"x"}) || v.Mail.SMTP.Port != 25 {
		t.Errorf("%+v", v)
	}
}

func TestEveryKindFromFileAndFromEnvironment(t *testing.T) {
	inFile := mustLoad(t, fromYAML(`
proxies: [10.0.0.0/8, "::1/128"]
ratio: 0.25
workers: 9
offset: -3
on: false
quiet: true
labels: {a: "1", b: two}
connectors:
  - name: google
  - name: github
    timeout: 1m
by_name:
  x: {name: y, timeout: 30d}
`))
	inEnv := mustLoad(t, Sources{Environ: []string{
		`JEDAN_PROXIES=["10.0.0.0/8","::1/128"]`, "JEDAN_RATIO=0.25", "JEDAN_WORKERS=9", "JEDAN_OFFSET=-3", "JEDAN_ON=false", "JEDAN_QUIET=true",
		`JEDAN_LABELS={"a":"1","b":"two"}`, `JEDAN_CONNECTORS=[{"name":"google"},{"name":"github","timeout":"1m"}]`,
		`JEDAN_BY_NAME={"x":{"name":"y","timeout":"30d"}}`}})
	if !reflect.DeepEqual(inFile, inEnv) {
		t.Errorf("they differ:\n%+v\n%+v", inFile, inEnv)
	}
	if inFile.Connectors[0].Timeout != 5*time.Second || inFile.ByName["x"].Timeout != 30*24*time.Hour || inFile.Offset != -3 || !inFile.Quiet {
		t.Errorf("%+v", inFile)
	}
}

func TestUnknownAndBadValuesAreAllNamed(t *testing.T) {
	src := fromYAML(`isuer: https://x
tokens:
  access_lifetime: 10
  algoritm: x
body: huge
ratio: .nan
workers: 256
offset: 1.5
on: yes
listen: one
labels: [a]
proxies: [10.0.0.0]
connectors:
  - name: a
    tiemout: 3s
  - timeout: 3s
mail: off
`)
	src.Environ = []string{"JEDAN_TOKNES__X=1", "JEDAN_LABELS={", "JEDAN_TOKENS=x", "JEDAN_ISSUER_FILE=/x"}
	src.Flags = map[string]string{"nope": "1", "tokens": "x", "issuer.deeper": "x"}
	wantProblems(t, src,
		"JEDAN_TOKENS (environment): there is no such key",
		"JEDAN_TOKNES__X (environment): there is no such key",
		`body (config.yaml:5): is not a size such as "64KiB" or "10MB"`,
		"connectors[0].tiemout (config.yaml:15): there is no such key",
		"connectors[1].name (config.yaml:13): is required",
		"issuer (JEDAN_ISSUER_FILE): only secrets are read from files",
		"issuer.deeper (flag): there is no such key",
		"isuer (config.yaml:1): there is no such key",
		"labels (config.yaml:11): is not a map of keys",
		"labels (JEDAN_LABELS): is not JSON",
		"listen (config.yaml:10): is not a list",
		"mail (config.yaml:17): is not a map of keys",
		"nope (flag): there is no such key",
		"offset (config.yaml:8): is not a whole number that fits",
		"on (config.yaml:9): is not true or false",
		`proxies[0] (config.yaml:12): netip.ParsePrefix("10.0.0.0"): no '/'`,
		"ratio (config.yaml:6): is not a number",
		"tokens (flag): there is no such key",
		`tokens.access_lifetime (config.yaml:3): is not a duration such as "90s", "10m", "12h" or "30d"`,
		"tokens.algoritm (config.yaml:4): there is no such key",
		"workers (config.yaml:7): is not a whole number from 0 on that fits",
	)
}

func TestValidateIsAskedWithPathsAndSources(t *testing.T) {
	src := fromYAML("tokens:\n  access_lifetime: 2h\nconnectors:\n  - name: \"\"\n")
	src.Environ = []string{"JEDAN_TOKENS__ALGORITHM=none", `JEDAN_BY_NAME={"k":{}}`}
	wantProblems(t, src,
		"by_name.k.name (JEDAN_BY_NAME): is required",
		"connectors[0].name (config.yaml:4): is required",
		"tokens.access_lifetime (config.yaml:2): must be at most 1h",
		"tokens.algorithm (JEDAN_TOKENS__ALGORITHM): must sign",
	)
}

type whole struct {
	A string `config:"a" default:"1" doc:"A."`
	B string `config:"b" default:"1" doc:"B."`
	C struct {
		D int `config:"d" doc:"D."`
	} `config:"c" doc:"C."`
}

func (w whole) Validate() error {
	if w.A != w.B {
		return errors.New("a and b must be the same")
	}
	return nil
}

func TestRootIsAskedButNotAboutGaps(t *testing.T) {
	_, err := Load[whole](Sources{Environ: []string{"JEDAN_A=2"}})
	if err == nil || err.Error() != "a and b must be the same" {
		t.Errorf("%v", err)
	}
	_, err = Load[whole](Sources{Environ: []string{"JEDAN_A=2", "JEDAN_C__D=x"}})
	if err == nil || err.Error() != "c.d (JEDAN_C__D): is not a whole number that fits" {
		t.Errorf("%v", err)
	}
}

func TestYAMLThatIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"a: [":                             "config.yaml: is not YAML",
		"- a":                              "is not a map of keys",
		"just text":                        "is not a map of keys",
		"issuer: a\nissuer: b":             "issuer (config.yaml:2): is given twice",
		"issuer: a\n---\nissuer: b":        "more than one document",
		"issuer: &x a\n":                   "anchor",
		"listen: [&a x, *a]":               "anchor",
		"tokens: &t\n  algorithm: RS256\n": "anchor",
		"issuer: !!binary aGk=":            "YAML tag",
		"issuer: !x a":                     "YAML tag",
		"issuer:":                          "issuer (config.yaml:1): has no value",
		"issuer: ~":                        "has no value",
		"listen: [a, ~]":                   "listen[1] (config.yaml:1): has no value",
		"issuer: [a]":                      "is not a single value",
		"<<: {issuer: a}":                  "not plain text",
		"? [a]\n: b":                       "not plain text",
		"~: b":                             "not plain text",
		"tokens: {access_lifetime: -5}":    "is not a duration",
		"body: -1":                         "is not a size",
		"body: 9223372036854775807KiB":     "is not a size",
		"workers: 0x10":                    "whole number",
	} {
		_, err := Load[sample](fromYAML(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestEmptyFilesAndSectionsSetNothing(t *testing.T) {
	want := mustLoad(t, Sources{})
	for _, text := range []string{"", "# nothing\n", "---\n", "tokens:\n  # algorithm: x\n", "tokens:\nmail:\n  smtp:\n"} {
		if got := mustLoad(t, fromYAML(text)); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestUnreadableAndHugeFiles(t *testing.T) {
	wantProblems(t, Sources{File: "/none/config.yaml", ReadFile: files(nil)}, "/none/config.yaml: cannot be read: file does not exist")
	wantProblems(t, fromYAML(strings.Repeat("#", maxFile+1)), "/etc/jedan/config.yaml: is larger than a configuration can be")
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/c.yaml", []byte("issuer: https://disk.test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := mustLoad(t, Sources{File: dir + "/c.yaml"}); got.Issuer != "https://disk.test" {
		t.Errorf("%+v", got)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	read := files(map[string]string{"/s/pw": "hunter2\r\n", "/s/key": "line one\nline two\n\n", "/s/empty": "\n", "/s/huge": strings.Repeat("x", 65<<10)})
	v := mustLoad(t, Sources{ReadFile: read, Environ: []string{"JEDAN_MAIL__PASSWORD_FILE=/s/pw", "JEDAN_MAIL__KEY_FILE=/s/key"}})
	if v.Mail.Password.Reveal() != "hunter2" || v.Mail.Key != "line one\nline two\n" {
		t.Errorf("%q %q", v.Mail.Password.Reveal(), v.Mail.Key)
	}
	wantProblems(t, Sources{ReadFile: read, Environ: []string{"JEDAN_MAIL__PASSWORD=x", "JEDAN_MAIL__PASSWORD_FILE=/s/pw", "JEDAN_MAIL__KEY_FILE=/s/none"}},
		"mail.key (JEDAN_MAIL__KEY_FILE): the file cannot be read: file does not exist",
		"mail.password (JEDAN_MAIL__PASSWORD_FILE): is given together with JEDAN_MAIL__PASSWORD")
	wantProblems(t, Sources{ReadFile: read, Environ: []string{"JEDAN_MAIL__PASSWORD_FILE=/s/empty", "JEDAN_MAIL__KEY_FILE=/s/huge"}},
		"mail.key (JEDAN_MAIL__KEY_FILE): the file is larger than a secret can be",
		"mail.password (JEDAN_MAIL__PASSWORD_FILE): the file is empty")
}

func TestKubernetesServiceLinksAreIgnored(t *testing.T) {
	src := Sources{Environ: []string{
		"JEDAN_AUTH_SERVICE_HOST=10.0.0.1", "JEDAN_AUTH_SERVICE_PORT=8080", "JEDAN_AUTH_SERVICE_PORT_HTTP=8080", "JEDAN_AUTH_PORT=tcp://10.0.0.1:8080",
		"JEDAN_AUTH_PORT_8080_TCP=tcp://x", "JEDAN_AUTH_PORT_8080_TCP_PROTO=tcp", "JEDAN_AUTH_PORT_8080_TCP_ADDR=10.0.0.1", "JEDAN_SERVICE_HOST=x", "JEDAN_PORT=x",
		"JEDAN_MAIL__SMTP__PORT=2525",
	}}
	if v := mustLoad(t, src); v.Mail.SMTP.Port != 2525 {
		t.Errorf("our own key of that shape was ignored: %+v", v)
	}
	wantProblems(t, Sources{Environ: []string{"JEDAN_AUTH_PORTAL=x", "jedan_issuer=x", "JEDAN_Issuer=x"}},
		"JEDAN_AUTH_PORTAL (environment): there is no such key", "JEDAN_Issuer (environment): there is no such key")
}

func TestSecretsDoNotPrint(t *testing.T) {
	s := Secret("hunter2")
	type holder struct{ S Secret }
	asJSON, err := json.Marshal(holder{s})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s)
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %q", holder{s}, holder{s}, holder{s}, s), string(asJSON), log.String()} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("printed: %s", text)
		}
	}
	if Secret("").String() != "" || s.Reveal() != "hunter2" {
		t.Error("wrong")
	}
}

func TestNoSecretInAnyProblem(t *testing.T) {
	const canary = "CANARY-hunter2"
	for _, src := range []Sources{
		fromYAML("mail:\n  password: [" + canary + "]\n"), fromYAML("mail:\n  password: {" + canary + ": 1}\n"), fromYAML("mail:\n  key: !x " + canary + "\n"),
		{Environ: []string{"JEDAN_MAIL__PASSWROD=" + canary}}, {Environ: []string{"JEDAN_WORKERS=" + canary}}, {Environ: []string{"JEDAN_LABELS=" + canary}},
		{Flags: map[string]string{"mail.pasword": canary}},
	} {
		_, err := Load[sample](src)
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%v", err)
		}
	}
}

func TestBytesAndDurations(t *testing.T) {
	for text, want := range map[string]Bytes{"0": 0, "512": 512, "512B": 512, "64KiB": 65536, "10 MiB": 10 << 20, "1GiB": 1 << 30, "3kB": 3000, "2MB": 2e6, "1GB": 1e9} {
		var b Bytes
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want {
			t.Errorf("%s: %d %v", text, b, err)
		}
		var again Bytes
		if err := again.UnmarshalText([]byte(b.String())); err != nil || again != b {
			t.Errorf("%s does not come back: %s", text, b)
		}
	}
	for _, text := range []string{"", "KiB", "-1", "1.5MiB", "1TB", "1 kb", "9223372036854775808", "9007199254740992KiB"} {
		var b Bytes
		if err := b.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: accepted as %d", text, b)
		}
	}
	for text, want := range map[string]time.Duration{"30d": 720 * time.Hour, "1d12h": 36 * time.Hour, "0": 0, "90s": 90 * time.Second, "-5s": -5 * time.Second} {
		d, err := parseDuration(text)
		if err != nil || d != want {
			t.Errorf("%s: %v %v", text, d, err)
		}
		if back, err := parseDuration(formatDuration(d)); err != nil || back != d {
			t.Errorf("%s: formatted as %s", text, formatDuration(d))
		}
	}
	for _, text := range []string{"", "10", "d", "-1d", "1d-5h", "1.5d", "99999999d", "1d1d"} {
		if d, err := parseDuration(text); err == nil {
			t.Errorf("%q: accepted as %v", text, d)
		}
	}
	if got := formatDuration(10 * time.Minute); got != "10m" {
		t.Errorf("10m is written %s", got)
	}
}
