package httpx

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// pemPair is a new self-signed certificate for id.test and its key.
func pemPair(t *testing.T, serial int64) (certPEM, keyPEM []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "id.test"}, DNSNames: []string{"id.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// offered is what a TLS server grants to a few clients.
type offered struct {
	serial           int64
	tls11, cbc, h2   bool
	version          uint16
	plainHTTPRefused bool
}

func probe(t *testing.T, addr string, pool *x509.CertPool) offered {
	t.Helper()
	var o offered
	dial := func(change func(*tls.Config)) (tls.ConnectionState, error) {
		cfg := &tls.Config{RootCAs: pool, ServerName: "id.test", NextProtos: []string{"h2", "http/1.1"}} //nolint:gosec // old versions are the point
		change(cfg)
		conn, err := tls.Dial("tcp", addr, cfg)
		if err != nil {
			return tls.ConnectionState{}, err
		}
		return conn.ConnectionState(), conn.Close()
	}
	_, err := dial(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
	o.tls11 = err == nil
	_, err = dial(func(c *tls.Config) {
		c.MaxVersion = tls.VersionTLS12
		c.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_AES_128_GCM_SHA256}
	})
	o.cbc = err == nil
	if _, err := dial(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }); err != nil {
		t.Errorf("TLS 1.2 with AEAD: %v", err)
	}
	state, err := dial(func(*tls.Config) {})
	if err != nil {
		t.Fatal(err)
	}
	o.version, o.serial, o.h2 = state.Version, state.PeerCertificates[0].SerialNumber.Int64(), state.NegotiatedProtocol == "h2"
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + addr + "/doc") //nolint:noctx // a test
	if err == nil {
		o.plainHTTPRefused = resp.StatusCode == http.StatusBadRequest
		_ = resp.Body.Close()
	}
	return o
}

// WB10: a new certificate is taken up, and nothing else changes with it.
func TestTLSAndReload(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	pool := x509.NewCertPool()
	renew := func(serial int64) {
		certPEM, keyPEM := pemPair(t, serial)
		write(t, certFile, certPEM)
		write(t, keyFile, keyPEM)
		pool.AppendCertsFromPEM(certPEM)
	}
	renew(1)
	log := &lockedBuffer{}
	time0 := &clock{t: time.Unix(1_800_000_000, 0)}
	certs, err := NewCertificates(certFile, keyFile, slog.New(slog.NewTextHandler(log, nil)), time0.now)
	if err != nil {
		t.Fatal(err)
	}
	if cfg := certs.tlsConfig(); cfg.MinVersion != tls.VersionTLS12 {
		t.Errorf("least version %x", cfg.MinVersion) // the suites alone would hide it
	}
	w := newWorld(t, "https://id.test", nil, nil)
	srv := start(t, w.handler, func(c *ServerConfig) { c.Certificates = certs })

	before := probe(t, srv.addr, pool)
	if before != (offered{serial: 1, h2: true, version: tls.VersionTLS13, plainHTTPRefused: true}) {
		t.Errorf("%+v", before)
	}
	renew(2)
	if got := probe(t, srv.addr, pool); got.serial != 1 {
		t.Error("the files are read at every handshake")
	}
	time0.advance(certificateFresh)
	after := probe(t, srv.addr, pool)
	if after.serial != 2 {
		t.Errorf("the new certificate is not served: %+v", after)
	}
	if after.serial = before.serial; after != before {
		t.Errorf("the reload changed more than the certificate: %+v", after)
	}
	// Half-written files leave the old one in use.
	write(t, certFile, []byte("-----BEGIN"))
	time0.advance(certificateFresh)
	if got := probe(t, srv.addr, pool); got.serial != 2 {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(log.String(), "not reloaded") {
		t.Error("nobody is told")
	}
	renew(3)
	if err := certs.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := probe(t, srv.addr, pool); got.serial != 3 {
		t.Errorf("Reload: %+v", got)
	}
	resp, err := overTLS(tlsClient(pool, nil), srv.addr)
	if err != nil || resp.ProtoMajor != 2 || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%v %v", resp, err)
	}
}

func overTLS(client *http.Client, addr string) (*http.Response, error) {
	req, err := http.NewRequest("GET", "https://"+addr+"/doc", nil) //nolint:noctx // a test
	if err != nil {
		return nil, err
	}
	req.Host = "id.test"
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	return resp, resp.Body.Close()
}

func TestCertificatesThatDoNotFit(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	certPEM, keyPEM := pemPair(t, 1)
	_, otherKey := pemPair(t, 2)
	write(t, file("crt"), certPEM)
	write(t, file("key"), keyPEM)
	write(t, file("other"), otherKey)
	logger := slog.New(slog.DiscardHandler)
	for _, pair := range [][2]string{{"", file("key")}, {file("crt"), ""}, {file("none"), file("key")}, {file("crt"), file("none")}, {file("crt"), file("other")}, {file("key"), file("crt")}} {
		_, err := NewCertificates(pair[0], pair[1], logger, nil)
		if err == nil {
			t.Errorf("%v: accepted", pair)
		}
		if err != nil && strings.Contains(err.Error(), "BEGIN") {
			t.Errorf("key material in an error: %v", err)
		}
	}
	if _, err := NewCertificates(file("crt"), file("key"), logger, nil); err != nil {
		t.Error(err)
	}
}

// WB11, CVE-2023-44487: streams that are opened and reset at once do not bring the
// server down.
func TestRapidReset(t *testing.T) {
	dir := t.TempDir()
	certPEM, keyPEM := pemPair(t, 1)
	write(t, filepath.Join(dir, "c"), certPEM)
	write(t, filepath.Join(dir, "k"), keyPEM)
	certs, err := NewCertificates(filepath.Join(dir, "c"), filepath.Join(dir, "k"), slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	srv := start(t, newWorld(t, "https://id.test", nil, nil).handler, func(c *ServerConfig) { c.Certificates = certs })
	conn, err := tls.Dial("tcp", srv.addr, &tls.Config{RootCAs: pool, ServerName: "id.test", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13})
	if err != nil {
		t.Fatal(err)
	}
	flood(t, conn)
	if resp, err := overTLS(tlsClient(pool, nil), srv.addr); err != nil || resp.StatusCode != 200 {
		t.Errorf("others are not served: %v", err)
	}
}

// flood opens and resets streams until the server ends the connection, which it
// must do before all of them were taken.
func flood(t *testing.T, conn net.Conn) {
	t.Helper()
	defer func() { _ = conn.Close() }()
	// HPACK without Huffman: GET https / and the authority.
	headers := append([]byte{0x82, 0x87, 0x84, 0x41, 7}, "id.test"...)
	frame := func(kind, flags byte, stream uint32, payload []byte) []byte {
		n := len(payload)
		return append([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags, byte(stream >> 24), byte(stream >> 16), byte(stream >> 8), byte(stream)}, payload...)
	}
	out := append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0, nil)...)
	for i := range uint32(20_000) {
		out = append(out, frame(1, 5, 2*i+1, headers)...)
		out = append(out, frame(3, 0, 2*i+1, []byte{0, 0, 0, 8})...)
	}
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() {
		sink := make([]byte, 64<<10)
		for {
			if _, err := conn.Read(sink); err != nil {
				return
			}
		}
	}()
	_, _ = conn.Write(out) // the server may cut it: that is the point
}
