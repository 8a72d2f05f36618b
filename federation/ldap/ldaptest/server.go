package ldaptest

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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// Entry is one of the directory's.
type Entry struct {
	DN    string
	Attrs map[string][]string // by name, as it is spelled here
}

// Options is how it behaves.
type Options struct {
	AD           bool
	Plain        bool          // speaks without TLS until it is asked to start it
	RefuseTLS    bool          // StartTLS is answered by no
	Silent       bool          // connections are taken and nothing is ever said
	Hang         bool          // searches are never answered
	CutBinds     bool          // the connection ends when a person's bind comes
	Referral     string        // searches by names are answered by this reference alone
	BindReferral string        // binds are
	MaxRange     int           // values of an attribute in one answer; 0: all
	MaxPage      int           // entries of one page; 0: as asked
	Host         string        // that the certificate has; empty: 127.0.0.1
	Window       time.Duration // a lock's length, in Active Directory; 0: until unlocked
	Threshold    int           // wrong passwords that lock
	Anywhere     bool          // searches find entries wherever they are, also without a name
	Hidden       bool          // tombstones are not shown
	RefuseGroups bool          // searches whose filter speaks of groups fail
	Invocation   string        // of the domain controller
}

// Heard is what came over the wire.
type Heard struct {
	Op       string // bind, search, starttls, modify, password
	DN       string
	Password string
	Filter   string
	Secure   bool
}

// Server is a running directory.
type Server struct {
	Options
	CA   string // PEM
	addr string
	cert tls.Certificate
	now  func() time.Time

	mu      sync.Mutex
	entries []*Entry
	deleted []*Entry
	usn     int64
	heard   []Heard
	ors     map[*ber.Packet]map[string]bool // of the search that is looked at
	conns   map[net.Conn]bool
	wg      sync.WaitGroup
	l       net.Listener
}

// Base is the naming context.
const Base = "dc=corp,dc=example"

// Service is the account that searches.
const (
	Service         = "cn=service," + Base
	ServicePassword = "service-secret"
)

// Start runs a directory until the test ends.
func Start(t testing.TB, now func() time.Time, o Options) *Server {
	t.Helper()
	if o.Invocation == "" {
		o.Invocation = "dc-1"
	}
	s := &Server{Options: o, now: now, conns: map[net.Conn]bool{}, usn: 1000}
	s.certify(t)
	s.Add(Entry{Base, map[string][]string{"objectClass": {"domainDNS"}, "dc": {"corp"}}})
	s.Add(Entry{Service, map[string][]string{"objectClass": {"account"}, "userPassword": {ServicePassword}}})
	var err error
	if s.l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.addr = s.l.Addr().String()
	s.wg.Add(1)
	go s.accept()
	t.Cleanup(s.Stop)
	return s
}

// URL is its address.
func (s *Server) URL() string {
	if s.Plain {
		return "ldap://" + s.addr
	}
	return "ldaps://" + s.addr
}

// Stop ends it; connections are cut.
func (s *Server) Stop() {
	_ = s.l.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// Cut ends the connections that there are.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

func (s *Server) certify(t testing.TB) {
	t.Helper()
	host := s.Host
	if host == "" {
		host = "127.0.0.1"
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	from := s.now().Add(-time.Hour)
	if time.Now().Before(from) {
		from = time.Now().Add(-time.Hour)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "directory"}, NotBefore: from, NotAfter: time.Now().Add(24 * 365 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	s.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	s.CA = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// Add puts an entry in.
func (s *Server) Add(e Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stamp(&e)
	s.entries = append(s.entries, &e)
}

// stamp is called with s.mu held.
func (s *Server) stamp(e *Entry) {
	s.usn++
	e.Attrs["uSNChanged"] = []string{number(s.usn)}
	e.Attrs["modifyTimestamp"] = []string{s.now().UTC().Format("20060102150405Z")}
}

// Change replaces attributes of an entry; nil removes one.
func (s *Server) Change(dn string, attrs map[string][]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(dn)
	if e == nil {
		panic("ldaptest: no entry " + dn)
	}
	for name, values := range attrs {
		if e.Attrs[name] = values; values == nil {
			delete(e.Attrs, name)
		}
	}
	s.stamp(e)
}

// Delete removes an entry, and leaves a tombstone.
func (s *Server) Delete(dn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.entries, func(e *Entry) bool { return strings.EqualFold(e.DN, dn) })
	if i < 0 {
		panic("ldaptest: no entry " + dn)
	}
	e := s.entries[i]
	s.entries = slices.Delete(s.entries, i, i+1)
	e.Attrs["isDeleted"] = []string{"TRUE"}
	e.DN = "cn=deleted " + number(s.usn) + ",cn=Deleted Objects," + Base
	s.stamp(e)
	s.deleted = append(s.deleted, e)
}

// find is called with s.mu held.
func (s *Server) find(dn string) *Entry {
	for _, e := range s.entries {
		if strings.EqualFold(e.DN, dn) {
			return e
		}
	}
	return nil
}

// Heard returns what came, of one kind or of all (""), since the last Forget.
func (s *Server) Heard(op string) []Heard {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Heard
	for _, h := range s.heard {
		if op == "" || h.Op == op {
			out = append(out, h)
		}
	}
	return out
}

// PersonBinds are the binds of others than the service's account.
func (s *Server) PersonBinds() []Heard {
	return slices.DeleteFunc(s.Heard("bind"), func(h Heard) bool { return h.DN == Service })
}

// Forget forgets what came.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = nil
}

// Set changes how it behaves from now on.
func (s *Server) Set(change func(o *Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.Options)
}
