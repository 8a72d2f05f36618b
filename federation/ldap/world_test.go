package ldap_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/federation/ldap"
	"github.com/jedan-auth/jedan-auth/federation/ldap/ldaptest"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// clock is the test's to move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// dialer reaches everything.
type dialer struct{ net.Dialer }

func (d *dialer) Dial(ctx context.Context, address string) (net.Conn, error) {
	return d.DialContext(ctx, "tcp", address)
}

func (*dialer) Roots() *x509.CertPool { return nil }

type resolver struct{ records []*net.SRV }

func (r resolver) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", r.records, nil
}

// world is a directory and a connector to it.
type world struct {
	t     *testing.T
	dir   *ldaptest.Server
	clock *clock
	log   *bytes.Buffer
	deps  ldap.Deps
}

func newWorld(t *testing.T, o ldaptest.Options) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{t: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)}, log: &bytes.Buffer{}}
	w.dir = ldaptest.Start(t, w.clock.now, o)
	w.deps = ldap.Deps{Dialer: &dialer{}, Resolver: resolver{}, Log: slog.New(slog.NewTextHandler(w.log, nil)), Now: w.clock.now}
	return w
}

// person adds somebody with the password "right horse".
func (w *world) person(name string, more map[string][]string) string {
	dn := "cn=" + name + ",ou=people," + ldaptest.Base
	id := (name + "----------------")[:16]
	attrs := map[string][]string{"userPassword": {"right horse"}, "mail": {name + "@corp.example"}, "displayName": {"Dr " + name}, "cn": {"Dr " + name}}
	if w.dir.AD {
		attrs["objectClass"], attrs["objectCategory"], attrs["objectGUID"] = []string{"user"}, []string{"person"}, []string{id}
		attrs["sAMAccountName"], attrs["userPrincipalName"], attrs["userAccountControl"] = []string{name}, []string{name + "@corp.example"}, []string{"512"}
		attrs["pwdLastSet"] = []string{"1"}
	} else {
		attrs["objectClass"], attrs["entryUUID"], attrs["uid"] = []string{"inetOrgPerson"}, []string{"uuid-" + name}, []string{name}
	}
	for k, v := range more {
		attrs[k] = v
	}
	w.dir.Add(ldaptest.Entry{DN: dn, Attrs: attrs})
	return dn
}

func (w *world) config(change func(c map[string]any)) json.RawMessage {
	w.t.Helper()
	c := map[string]any{"servers": []string{w.dir.URL()}, "ca": w.dir.CA, "bind_dn": ldaptest.Service, "base_dn": ldaptest.Base}
	if w.dir.AD {
		c["preset"] = "ad"
	}
	if w.dir.Plain {
		c["starttls"] = true
	}
	if change != nil {
		change(c)
	}
	raw, err := json.Marshal(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

func (w *world) connector(change func(c map[string]any)) federation.Connector {
	w.t.Helper()
	made, err := ldap.New(w.deps).Make(federation.Setup{Name: "corp", Config: w.config(change), Secrets: map[string]string{"bind_password": ldaptest.ServicePassword}})
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func (w *world) checker(change func(c map[string]any)) federation.PasswordChecker {
	w.t.Helper()
	return w.connector(change).(federation.PasswordChecker)
}

// refusedBy wants a refusal by the check.
func refusedBy(t *testing.T, err error, check string) *federation.Refusal {
	t.Helper()
	var no *federation.Refusal
	if !errors.As(err, &no) || no.Check != check {
		t.Errorf("not refused by %s: %v", check, err)
		return &federation.Refusal{}
	}
	return no
}

func unavailable(t *testing.T, err error) {
	t.Helper()
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("not unavailable: %v", err)
	}
}

func ok(t *testing.T, id *federation.Identity, err error) *federation.Identity {
	t.Helper()
	if err != nil || id == nil || id.Key == "" {
		t.Fatal(id, err)
	}
	return id
}

// silence wants that nobody's password came over the wire: a decoy's is nobody's.
func (w *world) silence(password string) {
	w.t.Helper()
	for _, h := range w.dir.Heard("") {
		if password != "" && h.Password == password || h.Op == "bind" && h.Password == "" {
			w.t.Errorf("a password was sent: %s %s", h.Op, h.DN)
		}
		if h.Op != "starttls" && !h.Secure {
			w.t.Errorf("%s without TLS", h.Op)
		}
	}
	if strings.Contains(w.log.String(), ldaptest.ServicePassword) || password != "" && strings.Contains(w.log.String(), password) {
		w.t.Error("a password stands in the log")
	}
}

// namedDialer knows names that DNS does not.
type namedDialer struct {
	dialer
	to map[string]string
	mu sync.Mutex
	at []string
}

func (d *namedDialer) Dial(ctx context.Context, address string) (net.Conn, error) {
	d.mu.Lock()
	d.at = append(d.at, address)
	d.mu.Unlock()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if d.to[host] == "" {
		return nil, errors.New("no such host")
	}
	return d.dialer.Dial(ctx, net.JoinHostPort(d.to[host], port))
}

func (d *namedDialer) asked() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string{}, d.at...)
}
