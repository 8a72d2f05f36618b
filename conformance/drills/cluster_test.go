package drills

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// issuer is the public address of every cluster. Nothing listens there: requests go to a node's own port and name the issuer as Host.
const issuer = "http://localhost:18080"

// Kinds of database.
const (
	onSQLite   = "sqlite"
	onPostgres = "postgres"
)

// cluster is one database with the servers on it.
type cluster struct {
	t     *testing.T
	kind  string
	data  string
	dsn   string   // PostgreSQL's; empty: SQLite in data
	extra []string // JEDAN_NAME=value
	nodes []*node
}

// newCluster has no servers yet. It skips the test when there is no PostgreSQL.
func newCluster(t *testing.T, kind string, extra ...string) *cluster {
	t.Helper()
	c := &cluster{t: t, kind: kind, data: filepath.Join(t.TempDir(), "data"), extra: extra}
	if kind == onPostgres {
		c.dsn = newDatabase(t)
	}
	return c
}

// size is how many servers a full cluster has: SQLite has one.
func size(kind string) int {
	if kind == onPostgres {
		return 2
	}
	return 1
}

// boot starts n servers and waits until they are ready.
func (c *cluster) boot(n int) *cluster {
	c.t.Helper()
	for range n {
		x := &node{cluster: c, name: string(rune('a' + len(c.nodes)))}
		c.nodes = append(c.nodes, x)
		x.start()
	}
	return c
}

// environ is a child's environment: ours without JEDAN_ names, and its configuration.
func (c *cluster) environ() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "JEDAN_") {
			env = append(env, e)
		}
	}
	env = append(env, childVariable+"=serve", "JEDAN_ISSUER="+issuer, `JEDAN_LISTEN=["127.0.0.1:0"]`, "JEDAN_DATA="+c.data, "JEDAN_LOG__LEVEL=warn",
		"JEDAN_SHUTDOWN__DRAIN_DELAY=0s")
	if c.dsn != "" {
		env = append(env, "JEDAN_DATABASE="+c.dsn)
	}
	return append(env, c.extra...)
}

// beside is the parent's own opening of the database, as a command line beside the servers has it.
type beside struct {
	*app.App
	tokens *core.Tokens
}

// open opens the database beside the servers; the clock is the one of now. It must be closed before a server is killed: a crash is only recovered
// from when nobody holds the file any more.
func (c *cluster) open(now func() time.Time) *beside {
	c.t.Helper()
	cfg, err := app.Load(app.Sources{Environ: c.environ()})
	if err != nil {
		c.t.Fatal(err)
	}
	log, err := telemetry.NewLogger(telemetry.LogConfig{Level: "warn"}, telemetry.LogDeps{Out: testWriter{c.t}, RequestID: func(context.Context) string { return "" }, Now: now})
	if err != nil {
		c.t.Fatal(err)
	}
	a, err := app.Open(context.Background(), cfg, app.Options{Log: log, Now: now})
	if err != nil {
		c.t.Fatal(err)
	}
	return &beside{App: a, tokens: core.NewTokens(issuer, a.Tenant, a.Keys, a.Ring, now)}
}

// shut is Close for a test.
func (b *beside) shut(t *testing.T) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// testWriter writes a log into the test's own.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// newDatabase makes a PostgreSQL database that goes with the test.
func newDatabase(t *testing.T) string {
	t.Helper()
	admin := os.Getenv(testkit.PostgresEnv)
	if admin == "" {
		t.Skip("no PostgreSQL: " + testkit.PostgresEnv + " is not set")
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	name := "jedan_drill_" + hex.EncodeToString(b[:])
	execute(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(testkit.PostgresEnv + " is not a URL")
	}
	u.Path = "/" + name
	return u.String()
}

func execute(t *testing.T, dsn, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}
