package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

// TestMain lets scripts run this test's own binary as jedan-auth.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"jedan-auth": main})
}

// TestScripts runs testdata/*.txtar. Beside testscript's own commands there are:
//
//	code N command…      runs it and wants this exit code
//	port NAME            puts a free port of the loopback into a variable
//	capture NAME path    puts a member of the JSON on stdout into a variable (path: a.b.0)
//	within T get URL S [text]          asks until the answer has status S and the text, for at most T (times slowness)
//	within T token URL id SECRET S     asks for client_credentials, likewise
//	grant DATA USER CLIENT NAME [DSN]  stores a session, a consent and a grant, and puts the grant's id into a variable
//	dead DATA NAME                     gives the first waiting message up, and puts its id into a variable
//	database FILE                      makes a database on the tests' PostgreSQL and writes its URL to the file
//	cert HOST CERT KEY days            writes a self-signed certificate
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code": code, "port": port, "capture": capture, "within": within, "grant": grant, "factor": factor, "cert": cert, "database": database, "dead": dead,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "postgres" {
				return os.Getenv(gormtest.PostgresVariable) != "", nil
			}
			return false, fmt.Errorf("no condition %q", cond)
		},
		RequireUniqueNames: true,
	})
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func port(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, p, err := net.SplitHostPort(l.Addr().String())
	ts.Check(errors.Join(err, l.Close()))
	ts.Setenv(args[0], p)
}

func capture(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	for part := range strings.SplitSeq(args[1], ".") {
		switch parent := v.(type) {
		case map[string]any:
			v = parent[part]
		case []any:
			i, err := strconv.Atoi(part)
			ts.Check(err)
			if i >= len(parent) {
				ts.Fatalf("%s: there are %d", args[1], len(parent))
			}
			v = parent[i]
		}
	}
	if v == nil {
		ts.Fatalf("there is no %s", args[1])
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}

// within asks again and again: what another process did is seen within a bounded time.
func within(ts *testscript.TestScript, _ bool, args []string) {
	most, err := time.ParseDuration(args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), most*slowness)
	defer cancel()
	ask, want, text := getter(ts, args)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for last := ""; ; {
		status, body, err := ask(ctx)
		if err == nil && status == want && strings.Contains(body, text) {
			return
		}
		if ctx.Err() == nil {
			last = fmt.Sprintf("%d %v %s", status, err, body)
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("not within %s: the last answer was %s", most, last)
		case <-tick.C:
		}
	}
}

func getter(ts *testscript.TestScript, args []string) (ask func(context.Context) (int, string, error), status int, text string) {
	target := args[2]
	switch args[1] {
	case "get":
		status, err := strconv.Atoi(args[3])
		ts.Check(err)
		return func(ctx context.Context) (int, string, error) {
			return request(ctx, http.MethodGet, target, "", "", nil)
		}, status, strings.Join(args[4:], " ")
	case "token":
		id, secret := args[3], args[4]
		status, err := strconv.Atoi(args[5])
		ts.Check(err)
		return func(ctx context.Context) (int, string, error) {
			return request(ctx, http.MethodPost, target, id, secret, url.Values{"grant_type": {"client_credentials"}})
		}, status, ""
	}
	ts.Fatalf("within: no such question: %s", args[1])
	return nil, 0, ""
}

func request(ctx context.Context, method, target, id, secret string, form url.Values) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), errors.Join(err, resp.Body.Close())
}
