package runner

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// requestTimeout bounds one request to the suite; it must exceed the longest wait that we ask of it.
const requestTimeout = 60 * time.Second

// errNotLoopback stops a connection that a loopback name would open to another machine.
var errNotLoopback = errors.New("the suite's name is loopback but its address is not")

// NewHTTPClient returns a client for the suite at base. The suite's certificate is self-signed: it is accepted if, and only
// if, base names this machine (localhost or a loopback address), and then only loopback addresses are dialled. For every
// other host the certificate is verified as usual.
func NewHTTPClient(base string) (*http.Client, error) {
	u, err := parseBase(base)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: requestTimeout}
	if isLoopback(u.Hostname()) {
		d := &net.Dialer{Timeout: 10 * time.Second, ControlContext: loopbackOnly}
		t.DialContext = d.DialContext
		t.TLSClientConfig = &tls.Config{
			MinVersion:         tls.VersionTLS12,
			InsecureSkipVerify: true, //nolint:gosec // the peer is on this machine, see loopbackOnly
		}
	}
	return &http.Client{Transport: t, Timeout: requestTimeout, CheckRedirect: refuseRedirect}, nil
}

func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("the suite's URL: %w", err)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("the suite's URL %q must be like https://localhost:8443", u.Redacted())
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return nil, errors.New("the suite's URL must be https, since client secrets are sent to it")
	}
	return u, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func loopbackOnly(_ context.Context, _, address string, _ syscall.RawConn) error {
	peer, err := netip.ParseAddrPort(address)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return errNotLoopback
	}
	return nil
}

// refuseRedirect: the API never redirects except to a login page, and a body with secrets is not for another place.
func refuseRedirect(*http.Request, []*http.Request) error {
	return http.ErrUseLastResponse
}
