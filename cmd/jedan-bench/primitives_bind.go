package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"
)

// bindWork is what go-ldap and crypto/tls take for the bind of one person: a connection of its own, whose TLS session is resumed as every later one is.
func bindWork(data string) (func() error, error) {
	raw, err := os.ReadFile(filepath.Join(data, directoryFile))
	if err != nil {
		return nil, err
	}
	address, ca, _ := strings.Cut(string(raw), "\n")
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(ca)) {
		return nil, errors.New("the directory has no certificate")
	}
	config := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	return func() error {
		raw, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		secure := tls.Client(raw, config)
		if err := secure.Handshake(); err != nil {
			return errors.Join(err, raw.Close())
		}
		c := goldap.NewConn(secure, true)
		c.Start()
		_, err = c.SimpleBind(goldap.NewSimpleBindRequest("uid=ldap0,ou=people,dc=bench,dc=test", benchPassword, []goldap.Control{goldap.NewControlBeheraPasswordPolicy()}))
		return errors.Join(err, c.Close())
	}, nil
}
