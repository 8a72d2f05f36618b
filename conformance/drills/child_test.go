package drills

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/limits"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/login/challenge"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// childVariable turns this test binary into a server.
const childVariable = "DRILLS_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(serveAsChild())
	}
	if host := os.Getenv(fakesVariable); host != "" {
		os.Exit(serveFakes(host))
	}
	os.Exit(m.Run())
}

// order is a line that the parent writes to a child: what an operator does beside the server's HTTP.
type order struct {
	N      int64
	Do     string // clock, person or client
	Ahead  time.Duration
	Email  string
	Hash   string
	Client storage.ClientMetadata
	ID     storage.ID
}

// word is a line that a child writes to its parent: an event of its life, or the answer to an order.
type word struct {
	N      int64
	Event  string // ready, refused, stopped or done
	Addr   string
	Link   bool // a set-up link was offered
	Error  string
	ID     storage.ID // of a person or client
	Name   string     // subject, or client_id
	Secret string
}

// speaker writes one whole line for each word.
type speaker struct {
	mu  sync.Mutex
	out io.Writer
}

func (s *speaker) say(w any) {
	line, err := json.Marshal(w)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.out.Write(append(line, '\n')) // the parent may be gone
}

// clock is the machine's time plus what the parent added.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())).UTC() }

// child is one server process.
type child struct {
	app   *app.App
	clock *clock
	say   func(word)
}

// dearVariable has a child hash passwords as an operator would.
const dearVariable = "DRILL_DEAR_PASSWORDS"

func serveAsChild() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	out := &speaker{out: os.Stdout}
	c := &child{clock: &clock{}, say: func(w word) { out.say(w) }}
	if err := c.serve(ctx); err != nil {
		c.say(word{Event: "refused", Error: fmt.Sprintf("%v (%s)", err, errs.MessageOf(err))})
		return 1
	}
	c.say(word{Event: "stopped"})
	return 0
}

func (c *child) serve(ctx context.Context) error {
	cfg, err := app.Load(app.Sources{Environ: os.Environ()})
	if err != nil {
		return err
	}
	many := login.Allowance{Free: 100_000, First: time.Second, Longest: time.Minute, Leak: time.Second} // everybody here has one password and one address
	cfg.Login.Attempts.Spray, cfg.Login.Attempts.Address, cfg.Login.Attempts.Everyone = many, many, many
	cfg.Limits.Account = limits.Rate{Events: -1} // and one person is named by all
	cfg.Login.ByMail = true
	if os.Getenv(dearVariable) == "" {
		cfg.Login.Challenge.Provider = challenge.Off              // wrong codes by the hundred are what some drills are about
		cfg.Passwords.MemoryKiB, cfg.Passwords.Iterations = 64, 1 // weaker than an operator may: sign-ins are not what is measured
	}
	log, err := telemetry.NewLogger(cfg.Log, telemetry.LogDeps{Out: os.Stderr, RequestID: httpx.ContextRequestID, Now: c.clock.now})
	if err != nil {
		return err
	}
	return c.run(ctx, cfg, log)
}

func (c *child) run(ctx context.Context, cfg app.Config, log *slog.Logger) (err error) {
	if c.app, err = app.Open(ctx, cfg, app.Options{Log: log, Now: c.clock.now}); err != nil {
		return err
	}
	go c.obey(os.Stdin)
	err = c.app.ServeReady(ctx, func(addrs []net.Addr, link string) {
		c.say(word{Event: "ready", Addr: addrs[0].String(), Link: link != ""})
	})
	if e := c.app.Close(); err == nil {
		err = e
	}
	return err
}

// obey carries out orders at once and side by side. A child does not outlive its parent.
func (c *child) obey(in io.Reader) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			c.say(word{Event: "done", Error: err.Error()})
			continue
		}
		go func() {
			w, err := c.carryOut(context.Background(), o)
			if w.N, w.Event = o.N, "done"; err != nil {
				w.Error = err.Error()
			}
			c.say(w)
		}()
	}
	os.Exit(3)
}

func (c *child) carryOut(ctx context.Context, o order) (word, error) {
	switch o.Do {
	case "clock":
		c.clock.ahead.Add(int64(o.Ahead))
		return word{}, nil
	case "person":
		p, err := c.app.Directory.Create(ctx, c.app.Tenant, directory.NewPerson{
			Claims: directory.Claims{"email": o.Email, "email_verified": true, "name": "Maria Example"}, PasswordHash: o.Hash,
		}, directory.Actor{Kind: "operator", ID: "drill"})
		if err != nil {
			return word{}, err
		}
		return word{ID: p.ID, Name: p.Subject}, nil
	case "client":
		r, err := c.app.Registrar.Create(ctx, o.Client, register.Options{Actor: register.Actor{Kind: "operator", ID: "drill"}})
		if err != nil {
			return word{}, err
		}
		return word{ID: r.Client.ID, Name: r.Client.ClientID, Secret: r.Secret}, nil
	}
	return word{}, fmt.Errorf("no such order: %q", o.Do)
}
