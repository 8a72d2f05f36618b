package fetch

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"
)

const (
	defaultTimeout = 5 * time.Second
	longestTimeout = 30 * time.Second
	defaultPerHost = 600
)

// Config bounds what the server asks of others. The zero value reaches public addresses over https.
type Config struct {
	AllowNetworks []string      `config:"allow_networks" doc:"Networks (CIDR) that may be reached although they are loopback, private or reserved. Empty: public addresses only."`
	AllowHTTP     bool          `config:"allow_http" default:"false" doc:"Allow plain http, and only to addresses in allow_networks."`
	Trust         string        `config:"trust" doc:"Path of certificates (PEM) that are trusted beside the system's."`
	Timeout       time.Duration `config:"timeout" default:"5s" doc:"Longest time for one request, its answer included."`
	PerHost       int           `config:"per_host" default:"600" doc:"Most requests to one host in a minute."`
}

// Validate refuses what cannot work.
func (c Config) Validate() error {
	_, err := c.networks()
	if c.Timeout < 0 || c.Timeout > longestTimeout {
		err = errors.Join(err, fmt.Errorf("timeout: more than 0 and at most %s", longestTimeout))
	}
	if c.PerHost < 0 {
		err = errors.Join(err, errors.New("per_host: a positive number"))
	}
	return err
}

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.PerHost == 0 {
		c.PerHost = defaultPerHost
	}
	return c
}

func (c Config) networks() ([]netip.Prefix, error) {
	var out []netip.Prefix
	var errs []error
	for _, s := range c.AllowNetworks {
		p, err := netip.ParsePrefix(s)
		if err != nil || p.Addr().Is4In6() {
			errs = append(errs, fmt.Errorf("allow_networks: %q is no network such as 10.0.0.0/8", s))
			continue
		}
		out = append(out, p.Masked())
	}
	return out, errors.Join(errs...)
}

// roots is the system's trust store with the configured certificates added; nil is the system's.
func (c Config) roots() (*x509.CertPool, error) {
	if c.Trust == "" {
		return nil, nil //nolint:nilnil // what crypto/tls takes for "the system's"
	}
	pem, err := os.ReadFile(c.Trust)
	if err != nil {
		return nil, fmt.Errorf("fetch: trust: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // none on this system
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("fetch: trust: %s holds no certificate", c.Trust)
	}
	return pool, nil
}
