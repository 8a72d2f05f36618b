package arch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/jedan-auth/jedan-auth"

// The house itself keeps the rules.
func TestHouse(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	found, err := Check(os.DirFS(root), module)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// Every rule finds what breaks it, and nothing in what keeps it. Files are given as
// "path: source"; "M/" is the module; each folder gets a doc.go unless it has one.
func TestRules(t *testing.T) {
	const ok = ""
	for name, c := range map[string]struct {
		want  string // a part of the one violation; "" is none
		files []string
	}{
		"empty tree": {ok, nil},

		"entities import errs":            {ok, []string{`storage/a.go: package storage; import _ "M/internal/errs"`}},
		"entities import sealed columns":  {ok, []string{`storage/a.go: package storage; import _ "M/internal/seal"`, `internal/seal/a.go: package seal`}},
		"entities import platform":        {"[staircase] storage (height 1) imports internal/keys (height 2)", []string{`storage/a.go: package storage; import _ "M/internal/keys"`}},
		"errs imports storage":            {"[staircase] internal/errs (height 0)", []string{`internal/errs/a.go: package errs; import _ "M/storage"`}},
		"platform imports platform":       {ok, []string{`internal/session/a.go: package session; import _ "M/internal/keys"`}},
		"platform imports feature":        {"[staircase] web (height 2) imports login", []string{`web/a.go: package web; import _ "M/login"`}},
		"platform test imports feature":   {"[staircase]", []string{`web/a_test.go: package web; import _ "M/login"`}},
		"feature imports app":             {"[staircase]", []string{`login/a.go: package login; import _ "M/internal/app"`}},
		"feature imports testkit":         {"[staircase]", []string{`login/a.go: package login; import _ "M/internal/testkit"`}},
		"feature's test imports testkit":  {ok, []string{`login/a_test.go: package login_test; import _ "M/internal/testkit"`}},
		"app imports features":            {ok, []string{`internal/app/a.go: package app; import (_ "M/login"; _ "M/provider"; _ "M/storage")`}},
		"app imports cmd":                 {"[staircase]", []string{`internal/app/a.go: package app; import _ "M/cmd/jedan-gen"`}},
		"folder without height":           {"no height", []string{`server/a.go: package server`}},
		"import of folder without height": {"imports server, which has no height", []string{`cmd/x/a.go: package main; import _ "M/server"`}},
		"root package":                    {"no height", []string{"doc.go: // Package jedan owns this and that, and nothing else.\npackage jedan"}},

		"feature imports feature":         {"[features] login imports consent", []string{`login/a.go: package login; import _ "M/consent"`}},
		"deep in a feature":               {"[features]", []string{`risk/checks/geo/a.go: package geo; import _ "M/account"`}},
		"feature's test imports feature":  {"[features]", []string{`login/a_test.go: package login; import _ "M/consent"`}},
		"feature imports its own folders": {ok, []string{`admin/a.go: package admin; import _ "M/admin/v1"`}},

		"plug-in imports parent":              {ok, []string{`storage/gormdb/a.go: package gormdb; import _ "M/storage"`, `login/password/a.go: package password; import _ "M/login"`}},
		"app names plug-ins":                  {ok, []string{`internal/app/a.go: package app; import (_ "M/storage/gormdb"; _ "M/login/password"; _ "M/internal/keys/file")`}},
		"cmd names plug-ins":                  {ok, []string{`cmd/jedan-auth/a.go: package main; import _ "M/storage/gormdb"`}},
		"parent names plug-in":                {"[plug-in] login imports the plug-in login/password", []string{`login/a.go: package login; import _ "M/login/password"`}},
		"feature names backend":               {"[plug-in]", []string{`provider/module.go: package provider; import _ "M/storage/gormdb"`}},
		"platform names key store":            {"[plug-in]", []string{`internal/session/a.go: package session; import _ "M/internal/keys/file"`}},
		"platform names sink":                 {"[plug-in]", []string{`internal/audit/a.go: package audit; import _ "M/internal/audit/sinks/syslog"`}},
		"plug-in imports sibling":             {"[plug-in]", []string{`federation/oidc/a.go: package oidc; import _ "M/federation/ldap"`}},
		"plug-in's test imports sibling":      {"[plug-in]", []string{`login/totp/a_test.go: package totp; import _ "M/login/password"`}},
		"feature's test uses a real database": {ok, []string{`login/a_test.go: package login; import _ "M/storage/gormdb"`, `login/totp/a_test.go: package totp; import _ "M/storage/gormdb"`}},
		"plug-in's test calls the contract":   {ok, []string{`storage/gormdb/a_test.go: package gormdb; import _ "M/storage/storetest"`, `federation/oidc/a_test.go: package oidc; import _ "M/federation/contest"`}},
		"parts of one plug-in":                {ok, []string{`storage/gormdb/a_test.go: package gormdb; import _ "M/storage/gormdb/gormtest"`}},

		"parts import core":          {ok, []string{`provider/token/a.go: package token; import _ "M/provider/core"`, `provider/module.go: package provider; import _ "M/provider/token"`, `provider/compose.go: package provider`}},
		"part imports part":          {"[provider] provider/token imports provider/par", []string{`provider/token/a.go: package token; import _ "M/provider/par"`}},
		"part imports root":          {"[provider]", []string{`provider/token/a.go: package token; import _ "M/provider"`}},
		"core imports part":          {"[provider]", []string{`provider/core/a.go: package core; import _ "M/provider/token"`}},
		"part imports its own parts": {ok, []string{`provider/token/a.go: package token; import _ "M/provider/token/phase"`}},
		"provider's root grows":      {"[provider] the root of provider holds", []string{`provider/handler.go: package provider`}},
		"provider's root has tests":  {ok, []string{`provider/flow_test.go: package provider`}},

		"fosite in provider":           {ok, []string{`provider/core/a.go: package core; import _ "github.com/ory/fosite/handler/oauth2"`}},
		"fosite elsewhere":             {"[libraries] github.com/ory/fosite", []string{`login/a.go: package login; import _ "github.com/ory/fosite"`}},
		"fosite in a test elsewhere":   {"[libraries]", []string{`login/a_test.go: package login; import _ "github.com/ory/fosite"`}},
		"gorm in gormdb":               {ok, []string{`storage/gormdb/a.go: package gormdb; import _ "gorm.io/gorm"`, `migrations/a.go: package migrations; import _ "gorm.io/gorm"`}},
		"gorm in an entity":            {"[libraries] gorm.io/", []string{`storage/a.go: package storage; import _ "gorm.io/gorm"`}},
		"gorm in app":                  {"[libraries]", []string{`internal/app/a.go: package app; import _ "gorm.io/driver/postgres"`}},
		"redis in redisdb":             {ok, []string{`storage/redisdb/a.go: package redisdb; import _ "github.com/redis/go-redis/v9"`}},
		"redis elsewhere":              {"[libraries]", []string{`internal/ratelimit/a.go: package ratelimit; import _ "github.com/redis/go-redis/v9"`}},
		"gin in httpx":                 {ok, []string{`internal/httpx/a.go: package httpx; import _ "github.com/gin-gonic/gin"`}},
		"gin in a handler":             {ok, []string{`login/a.go: package login; import "github.com/gin-gonic/gin"; func h(c *gin.Context) error { return nil }`}},
		"gin in a handler, renamed":    {ok, []string{`login/a.go: package login; import g "github.com/gin-gonic/gin"; var _ = func(c *g.Context) {}`}},
		"gin where routes are mounted": {ok, []string{`login/a.go: package login; import ("github.com/gin-gonic/gin"; "M/internal/httpx"); func Mount(r httpx.Router, h gin.H) {}`}},
		"gin elsewhere":                {"[libraries] gin is for", []string{`login/a.go: package login; import "github.com/gin-gonic/gin"; type T gin.H`}},
		"gin in storage":               {"[libraries] gin is for", []string{`storage/gormdb/a.go: package gormdb; import "github.com/gin-gonic/gin"; func h(c *gin.Context) {}`}},
		"gin's parts elsewhere":        {"[libraries] gin is for", []string{`login/a.go: package login; import "github.com/gin-gonic/gin/binding"; var _ binding.Binding`}},

		"own client":              {"[outbound]", []string{`login/a.go: package login; import "net/http"; func f() any { return &http.Client{} }`}},
		"own transport":           {"[outbound]", []string{`login/a.go: package login; import "net/http"; func f() any { return http.Transport{} }`}},
		"quick get":               {"[outbound]", []string{`login/a.go: package login; import h "net/http"; func f() { _, _ = h.Get("https://x") }`}},
		"default client":          {"[outbound]", []string{`internal/app/a.go: package app; import "net/http"; func f() any { return http.DefaultClient }`}},
		"fetch has a client":      {ok, []string{`internal/fetch/a.go: package fetch; import "net/http"; func f() any { return &http.Client{} }`}},
		"a client that is handed": {ok, []string{`login/a.go: package login; import "net/http"; func f(c *http.Client) {}`}},
		"a client in a test":      {ok, []string{`login/a_test.go: package login; import "net/http"; func f() any { return &http.Client{} }`}},

		"utils folder":        {"[names]", []string{`internal/utils/a.go: package strings2`}},
		"common package":      {"[names]", []string{"internal/x/doc.go: // Package common owns this and that, and nothing else.\npackage common"}},
		"helpers in a test":   {"[names]", []string{`internal/x/a_test.go: package helpers`}},
		"no doc.go":           {"[doc] there is no doc.go", []string{`internal/x/x.go: // Package x has its comment elsewhere, sadly.` + "\npackage x", `internal/x/doc.go: package x`}},
		"doc.go says nothing": {"[doc]", []string{`internal/x/doc.go: // Package x.` + "\npackage x"}},
		"only tests":          {ok, []string{`internal/x/a_test.go: package x`}},

		"init":              {"[state] no init functions", []string{`internal/x/a.go: package x; func init() {}`}},
		"init in a test":    {"[state] no init", []string{`internal/x/a_test.go: package x; func init() {}`}},
		"method named init": {ok, []string{`internal/x/a.go: package x; type T int; func (T) init() {}`}},

		"sentinels and tables": {ok, []string{`internal/x/a.go: package x
			import ("errors"; "regexp"; "sync"; "net/netip")
			type Kind struct{ Name string }
			var ErrGone = errors.New("gone")
			var names = map[string]Kind{"a": {Name: "b"}}
			var list = []string{"a", "b"}
			var shape = regexp.MustCompile("^a$")
			var once = sync.OnceValue(func() int { return 1 })
			var (home = netip.MustParsePrefix("127.0.0.0/8"); other = Kind("x"))
			var _ error = (*E)(nil)
			type E struct{}
			func (*E) Error() string { return "" }
			func f() string { names := map[string]int{}; names["x"] = 1; list := 3; list++; ErrGone := 1; ErrGone = 2; _ = ErrGone; return names2() }
			func names2() string { return names["a"].Name + list[0] }
			func both(s string) Kind { return Kind{s} }
			var pair = both("x")`}},
		"embedded files":             {ok, []string{"internal/x/a.go: package x\nimport \"embed\"\n//go:embed a.txt\nvar files embed.FS\nvar (\n//go:embed b.txt\nb string\n)"}},
		"variable without value":     {"there to be assigned", []string{`internal/x/a.go: package x; var current string`}},
		"mutex":                      {"there to be assigned", []string{`internal/x/a.go: package x; import "sync"; var mu sync.Mutex`}},
		"pool":                       {"lock, a pool", []string{`internal/x/a.go: package x; import "sync"; var pool = sync.Pool{}`}},
		"pointer":                    {"is a pointer", []string{`internal/x/a.go: package x; type T struct{}; var t = &T{}`}},
		"pointer in a table":         {"is a pointer", []string{`internal/x/a.go: package x; type T struct{}; var ts = []any{&T{}}`}},
		"made map":                   {"made by make", []string{`internal/x/a.go: package x; var m = make(map[string]int)`}},
		"made by a constructor":      {"returns something changeable", []string{`internal/x/a.go: package x; type C struct{}; func newC() *C { return nil }; var c = newC()`}},
		"made by an unknown call":    {"does not know as harmless", []string{`internal/x/a.go: package x; import "os"; var home = os.Getenv("HOME")`}},
		"registry":                   {"assigns package variable kinds", []string{`internal/x/a.go: package x; var kinds = map[string]int{}; func Register(s string) { kinds[s] = 1 }`}},
		"assigned":                   {"assigns package variable level", []string{`internal/x/a.go: package x; var level = 1; func Set(n int) { level = n }`}},
		"assigned from another file": {"assigns package variable level", []string{`internal/x/a.go: package x; var level = 1`, `internal/x/b.go: package x; func Set(n int) { level += n }`}},
		"assigned by a test":         {"assigns package variable level", []string{`internal/x/a.go: package x; var level = 1`, `internal/x/b_test.go: package x; func set() { level++ }`}},
		"assigned from outside":      {"assigns package variable Level", []string{`internal/x/a.go: package x; var Level = 1`, `login/a.go: package login; import "M/internal/x"; func f() { x.Level = 2 }`}},
		"assigned under a new name":  {"assigns package variable Level", []string{`internal/x/a.go: package x; var Level = 1`, `login/a.go: package login; import y "M/internal/x"; func f() { y.Level = 2 }`}},
		"field assigned":             {"assigns package variable conf", []string{`internal/x/a.go: package x; type T struct{ N int }; var conf = T{}; func f() { conf.N = 1 }`}},
		"address taken":              {"takes the address of package variable n", []string{`internal/x/a.go: package x; var n = 1; func f() *int { return &n }`}},
		"deleted from":               {"deletes in package variable m", []string{`internal/x/a.go: package x; var m = map[string]int{"a": 1}; func f() { delete(m, "a") }`}},
		"pointer method":             {"calls a method that can change", []string{`internal/x/a.go: package x; type T struct{ n int }; func (t *T) Inc() { t.n++ }; var c = T{}; func f() { c.Inc() }`}},
		"range assigns":              {"assigns package variable n", []string{`internal/x/a.go: package x; var n = 1; func f(l []int) { for n = range l {} }`}},

		"nested modules, testdata and hidden folders are left alone": {ok, []string{`sdk/go/go.mod: module x`, `sdk/go/a.go: package utils`, `internal/x/testdata/a.go: package utils`, `.cache/a.go: package utils`}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Check(fake(c.files), module)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.want == ok && len(found) > 0:
				t.Errorf("found %v", found)
			case c.want != ok && (len(found) != 1 || !strings.Contains(found[0].String(), c.want)):
				t.Errorf("found %v, want %s", found, c.want)
			}
		})
	}
}

func fake(files []string) fstest.MapFS {
	tree := fstest.MapFS{"go.mod": &fstest.MapFile{Data: []byte("module " + module)}}
	for _, f := range files {
		name, src, _ := strings.Cut(f, ": ")
		tree[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(src, `"M/`, `"`+module+`/`))}
	}
	for _, f := range files {
		name, src, _ := strings.Cut(f, ": ")
		doc := filepath.ToSlash(filepath.Dir(name)) + "/doc.go"
		_, clause, _ := strings.Cut(src, "package ")
		if _, has := tree[doc]; !has && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && doc != "./doc.go" {
			pkg := strings.FieldsFunc(clause, func(r rune) bool { return r == ';' || r == '\n' || r == '\t' })[0]
			tree[doc] = &fstest.MapFile{Data: []byte("// Package " + pkg + " owns this and that, and nothing else.\npackage " + pkg + "\n")}
		}
	}
	return tree
}

func TestBrokenSourceIsAnError(t *testing.T) {
	if _, err := Check(fake([]string{`internal/x/a.go: package`, `internal/x/doc.go: package x`}), module); err == nil {
		t.Error("a file that does not parse was passed over")
	}
}

func TestImportNames(t *testing.T) {
	for p, want := range map[string]string{"a/b": "b", "a/b/v2": "b", "gopkg.in/yaml.v3": "yaml", "a/go-jose/v4": "jose", "net/http": "http", "a/vx": "vx"} {
		if got := importName(p); got != want {
			t.Errorf("%s: %s", p, got)
		}
	}
}
