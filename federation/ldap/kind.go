package ldap

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Dialer connects to addresses that may be reached (internal/fetch).
type Dialer interface {
	Dial(ctx context.Context, address string) (net.Conn, error)
	Roots() *x509.CertPool
}

// Deps is what connectors stand on.
type Deps struct {
	Dialer   Dialer
	Resolver Resolver
	Log      *slog.Logger
	Now      func() time.Time
}

// Kind makes connectors of LDAP directories.
type Kind struct{ d Deps }

// New returns the kind.
func New(d Deps) *Kind { return &Kind{d: d} }

const kindName = "ldap"

// Name implements federation.Kind.
func (*Kind) Name() string { return kindName }

// Secrets implements federation.Kind.
func (*Kind) Secrets() []string { return []string{"bind_password"} }

// Audience implements federation.Kind: the password is for these servers, whom these certificates vouch for, and for one account there.
func (*Kind) Audience(config json.RawMessage) (string, error) {
	var c struct {
		Servers    []string `json:"servers"`
		Domain     string   `json:"domain"`
		CA         string   `json:"ca"`
		ServerName string   `json:"server_name"`
		BindDN     string   `json:"bind_dn"`
	}
	err := json.Unmarshal(config, &c)
	return strings.Join(append(c.Servers, c.Domain, c.CA, c.ServerName, c.BindDN), "\n"), err
}

// Make implements federation.Kind.
func (k *Kind) Make(s federation.Setup) (federation.Connector, error) {
	c, pool, err := parseConfig(s.Config, s.Secrets)
	if err != nil {
		return nil, err
	}
	if pool == nil {
		pool = k.d.Dialer.Roots()
	}
	out := &connector{
		c: c, d: k.d, name: s.Name, tls: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(maxServers)},
		wrong: newTallies(c.MaxWrong, time.Duration(c.WrongMinutes)*time.Minute, k.d.Now), down: newOutages(k.d.Now), binds: make(chan struct{}, maxBinds),
	}
	out.pool = newPool(c.Connections, out.dialBound, k.d.Now)
	return out, nil
}

// connector is one directory.
type connector struct {
	c     Config
	d     Deps
	name  string
	tls   *tls.Config
	pool  *pool
	wrong *tallies
	down  *outages
	binds chan struct{} // people's binds under way

	policy keptPolicy
}

// maxBinds is how many people's passwords are tried at once: a directory that is slow costs its own people, not memory.
const maxBinds = 64

var (
	_ federation.PasswordChecker = (*connector)(nil)
	_ federation.Rechecker       = (*connector)(nil)
	_ federation.GroupLister     = (*connector)(nil)
	_ federation.PasswordChanger = (*connector)(nil)
	_ federation.PrincipalFinder = (*connector)(nil)
)

// Kind implements federation.Connector.
func (*connector) Kind() string { return kindName }

func (c *connector) ad() bool { return c.c.Preset == presetAD }

// away is a directory that does not answer as it should.
func away(err error) error {
	return errs.Wrap(errs.Unavailable, "The directory does not answer. Try again in a moment.", err)
}

func random() string { return rand.Text() }
