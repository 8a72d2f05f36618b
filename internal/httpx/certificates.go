package httpx

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateFresh is how long a certificate is used before its files are looked
// at again.
const certificateFresh = 10 * time.Second

// Certificates serves a certificate from two PEM files and takes up new contents
// when they change. Contents that do not load leave the old certificate in use.
type Certificates struct {
	certFile, keyFile string
	now               func() time.Time
	logger            *slog.Logger

	mu      sync.Mutex
	checked time.Time
	digest  [sha256.Size]byte
	current *tls.Certificate
}

// NewCertificates loads the files once; it fails if they do not fit together.
func NewCertificates(certFile, keyFile string, logger *slog.Logger, now func() time.Time) (*Certificates, error) {
	if certFile == "" || keyFile == "" {
		return nil, errors.New("httpx: TLS needs a certificate file and a key file")
	}
	if now == nil {
		now = time.Now
	}
	k := &Certificates{certFile: certFile, keyFile: keyFile, now: now, logger: logger}
	if err := k.Reload(); err != nil {
		return nil, err
	}
	return k, nil
}

// Reload looks at the files now.
func (k *Certificates) Reload() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reload()
}

func (k *Certificates) reload() error {
	k.checked = k.now()
	certPEM, err := os.ReadFile(k.certFile)
	if err != nil {
		return fmt.Errorf("httpx: certificate: %w", err)
	}
	keyPEM, err := os.ReadFile(k.keyFile)
	if err != nil {
		return fmt.Errorf("httpx: certificate key: %w", err)
	}
	digest := sha256.Sum256(append(append(certPEM[:len(certPEM):len(certPEM)], 0), keyPEM...))
	if digest == k.digest {
		return nil
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return fmt.Errorf("httpx: certificate: %w", err)
	}
	k.current, k.digest = &pair, digest
	return nil
}

// get is tls.Config.GetCertificate.
func (k *Certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now().Sub(k.checked) >= certificateFresh {
		if err := k.reload(); err != nil {
			k.logger.Error("certificate not reloaded, the old one stays in use", "error", err)
		}
	}
	return k.current, nil
}

// tlsConfig follows RFC 9325 (BCP 195): TLS 1.2 with the suites of its section 4.2
// alone, and TLS 1.3. Only the certificate changes at a reload, never this.
func (k *Certificates) tlsConfig() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: k.get,
		NextProtos:     []string{"h2", "http/1.1"},
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		},
	}
}

// asking is tlsConfig for a listener that asks for a certificate of the client. The handshake proves that the client holds its key; whether the
// certificate counts for anything is for the endpoints to say, and a client without one is served too.
func (k *Certificates) asking() *tls.Config {
	c := k.tlsConfig()
	c.ClientAuth = tls.RequestClientCert
	return c
}
