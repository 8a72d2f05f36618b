package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"
)

// responder is the least that a directory is, in the generator's process: each bind succeeds, and each search finds the one entry that is called so. It speaks
// LDAPS with a certificate of its own: connectors take nothing less.
type responder struct {
	l   net.Listener
	url string
	ca  string // PEM
}

// directoryFile is where a process that binds by itself finds the directory: its address in the first line, its certificate after it.
const directoryFile = "directory"

func newResponder(dir string) (*responder, error) {
	cert, der, err := selfSigned()
	if err != nil {
		return nil, err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	if err != nil {
		return nil, err
	}
	r := &responder{l: l, url: "ldaps://" + l.Addr().String(), ca: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
	go r.accept()
	return r, os.WriteFile(filepath.Join(dir, directoryFile), []byte(l.Addr().String()+"\n"+r.ca), 0o600)
}

func selfSigned() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "directory"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, der, err
}

func (r *responder) close() error { return r.l.Close() }

func (r *responder) accept() {
	for {
		c, err := r.l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = c.Close() }()
			for {
				p, err := ber.ReadPacket(c)
				if err != nil || len(p.Children) < 2 || !answer(c, p) {
					return
				}
			}
		}()
	}
}

// answer is false for what ends the connection.
func answer(c net.Conn, p *ber.Packet) bool {
	id, op := p.Children[0].Value, p.Children[1]
	switch op.Tag {
	case goldap.ApplicationBindRequest:
		return say(c, id, outcome(goldap.ApplicationBindResponse))
	case goldap.ApplicationSearchRequest:
		filter, err := goldap.DecompileFilter(op.Children[6])
		_, rest, _ := strings.Cut(filter, "(uid=")
		name, _, found := strings.Cut(rest, ")")
		return err == nil && found && say(c, id, entryOf(name)) && say(c, id, outcome(goldap.ApplicationSearchResultDone))
	}
	return false
}

func say(c net.Conn, id any, op *ber.Packet) bool {
	p := ber.NewSequence("")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	p.AppendChild(op)
	_, err := c.Write(p.Bytes())
	return err == nil
}

func outcome(tag ber.Tag) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, int64(goldap.LDAPResultSuccess), ""))
	p.AppendChild(octets(""))
	p.AppendChild(octets(""))
	return p
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

// entryOf is somebody with what a connector reads of them.
func entryOf(name string) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, goldap.ApplicationSearchResultEntry, nil, "")
	p.AppendChild(octets("uid=" + name + ",ou=people,dc=bench,dc=test"))
	all := ber.NewSequence("")
	for _, a := range [][2]string{
		{"entryUUID", name}, {"uid", name}, {"cn", "Maria " + name}, {"givenName", "Maria"}, {"sn", "Example"}, {"mail", name + "@directory.test"},
	} {
		one, values := ber.NewSequence(""), ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		values.AppendChild(octets(a[1]))
		one.AppendChild(octets(a[0]))
		one.AppendChild(values)
		all.AppendChild(one)
	}
	p.AppendChild(all)
	return p
}
