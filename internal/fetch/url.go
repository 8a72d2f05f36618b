package fetch

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// ErrRefused is the cause of errors about addresses that may not be asked, now or later.
var ErrRefused = errors.New("fetch: this address may not be asked")

const urlMost = 2048

func refused(why string) error {
	return errs.Wrap(errs.Invalid, "This address may not be fetched: "+why+".", ErrRefused)
}

// CheckURL judges an address by its text alone, as when it is registered: absolute, https (or http, where plain is set), without user name and fragment,
// its host a plainly spelled name or a public address. Where the name leads is judged when it is asked.
func CheckURL(raw string, plain bool) (*url.URL, error) {
	if len(raw) > urlMost {
		return nil, refused("it is too long")
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
		return nil, refused("it holds characters that a URL does not have")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Opaque != "" || u.Host == "":
		return nil, refused("it is no absolute URL")
	case u.Scheme != "https" && (u.Scheme != "http" || !plain):
		return nil, refused("https is required")
	case u.User != nil:
		return nil, refused("it holds a user name")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return nil, refused("it holds a fragment")
	}
	if err := checkPort(u); err != nil {
		return nil, err
	}
	return u, checkHost(u)
}

func checkPort(u *url.URL) error {
	port := u.Port()
	if port == "" {
		if strings.HasSuffix(u.Host, ":") {
			return refused("its port is empty")
		}
		return nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return refused("its port is none")
	}
	return nil
}

// checkHost takes a canonical IP address or a DNS name. A last label that is a number would be read as an IPv4 address by some (2130706433, 0x7f.1,
// 0177.0.0.1, 127.1), and a trailing dot names the same host twice.
func checkHost(u *url.URL) error {
	host := u.Hostname()
	if a, err := netip.ParseAddr(host); err == nil {
		if a.String() != strings.ToLower(host) || a.Zone() != "" || a.Is4In6() {
			return refused("its host is spelled oddly")
		}
		return nil
	}
	if strings.HasPrefix(u.Host, "[") || len(host) > 253 {
		return refused("its host is no name")
	}
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if !isLabel(l) {
			return refused("its host is no name")
		}
	}
	if isNumber(labels[len(labels)-1]) {
		return refused("its host is spelled oddly")
	}
	return nil
}

func isLabel(l string) bool {
	if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(l, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// isNumber is what WHATWG's URL standard takes for the end of an IPv4 address.
func isNumber(l string) bool {
	_, err := strconv.ParseUint(l, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return true
	}
	return len(l) >= 2 && l[0] == '0' && (l[1] == 'x' || l[1] == 'X') && strings.Trim(l[2:], "0123456789abcdefABCDEF") == ""
}

// Check is CheckURL with this client's configuration; a host that is an address is judged too.
func (c *Client) Check(raw string) error {
	_, err := c.parse(raw)
	return err
}

func (c *Client) parse(raw string) (*url.URL, error) {
	u, err := CheckURL(raw, c.policy.http)
	if err != nil {
		return nil, err
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && !c.policy.permits(a, u.Scheme == "http") {
		return nil, refused("it does not lead to a public server")
	}
	return u, nil
}
