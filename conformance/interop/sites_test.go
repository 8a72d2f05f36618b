//go:build interop

package interop

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The three sites. No two of them are one to a browser: their registrable domains differ.
const (
	upstreamHost = "idp.upstream.test"
	ourHost      = "id.ours.test"
	appHost      = "app.acme.test"
)

// sites are a service of others, us and an application on three sites over TLS, under an authority of their own.
type sites struct {
	t     *testing.T
	dir   string
	ca    string // path of the authority's certificate
	hosts string // path of a hosts file
	pool  *x509.CertPool
	pins  []string // SHA-256 of the public keys, for the browser
	http  *http.Client
	root  *x509.Certificate
	key   *ecdsa.PrivateKey
}

// certified is a site with its certificate.
type certified struct {
	host, at, url string // at is the address that it listens at
	cert, key     string // paths
}

func openSites(t *testing.T) *sites {
	t.Helper()
	s := &sites{t: t, dir: t.TempDir(), pool: x509.NewCertPool()}
	s.hosts = filepath.Join(s.dir, "hosts")
	machine, _ := os.Hostname() // Java looks it up
	s.write("hosts", "127.0.0.1 localhost "+strings.Join([]string{upstreamHost, ourHost, appHost, machine}, " ")+"\n")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "interop authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	s.key, s.root = key, template
	der := s.sign(template, &key.PublicKey)
	if s.root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	s.pool.AddCert(s.root)
	s.ca = s.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	s.http = &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.pool, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		},
	}}
	t.Cleanup(s.http.CloseIdleConnections)
	return s
}

func (s *sites) sign(template *x509.Certificate, public *ecdsa.PublicKey) []byte {
	s.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, s.root, public, s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	return der
}

// site makes one, at a port that nobody listens at.
func (s *sites) site(host string) *certified {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	serial := big.NewInt(time.Now().UnixNano())
	der := s.sign(&x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{host},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, &key.PublicKey)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	public, err2 := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil || err2 != nil {
		s.t.Fatal(err, err2)
	}
	pin := sha256.Sum256(public)
	s.pins = append(s.pins, base64.StdEncoding.EncodeToString(pin[:]))
	name, port := host+"."+serial.String(), freePort(s.t)
	return &certified{
		host: host, at: "127.0.0.1:" + port, url: "https://" + host + ":" + port,
		cert: s.write(name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
		key:  s.write(name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))),
	}
}

func (c *certified) port() string { return c.at[strings.LastIndex(c.at, ":")+1:] }

func (s *sites) write(name, text string) string {
	s.t.Helper()
	at := filepath.Join(s.dir, name)
	if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return at
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// command is a program that knows the names of the sites.
func (s *sites) command(name string, args ...string) *exec.Cmd { return named(s.hosts, name, args...) }

// named is a program that has a hosts file of its own.
func named(hosts, name string, args ...string) *exec.Cmd {
	own := []string{"--mount", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, hosts, name}
	if os.Geteuid() != 0 {
		own = append([]string{"--map-root-user"}, own...)
	}
	return exec.Command("unshare", append(own, args...)...) //nolint:gosec // the test's own
}

// output is what a process says.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start runs a command until the test ends, and waits until it answers at its address.
func (s *sites) start(at string, cmd *exec.Cmd) *output {
	s.t.Helper()
	said, ended := &output{}, make(chan struct{})
	if cmd.Stdout == nil {
		cmd.Stdout = said
	}
	cmd.Stderr, cmd.WaitDelay, cmd.SysProcAttr = said, 5*time.Second, &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { _ = cmd.Wait(); close(ended) }()
	s.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-ended
		}
		if s.t.Failed() {
			s.t.Logf("%v said:\n%s", cmd.Args, last(said.String(), 20000))
		}
	})
	for until := time.Now().Add(5 * time.Minute); ; {
		if c, err := net.Dial("tcp", at); err == nil {
			_ = c.Close()
			return said
		}
		select {
		case <-ended:
			s.t.Fatalf("%v ended:\n%s", cmd.Args, said)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(until) {
			s.t.Fatalf("%v does not listen", cmd.Args)
		}
	}
}

func last(text string, n int) string {
	if len(text) > n {
		return "… " + text[len(text)-n:]
	}
	return text
}
