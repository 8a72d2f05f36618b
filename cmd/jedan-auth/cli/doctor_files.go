package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	gib = 1 << 30
	// tightDisk and littleDisk are free bytes: the write-ahead log alone may take 64 MiB.
	tightDisk, littleDisk = gib / 4, gib
	certificateEnds       = 14 * 24 * time.Hour
)

func checkConfiguration(_ context.Context, p *patient) finding {
	cfg, err := p.c.load(nil)
	if err != nil {
		return trouble("correct each key that is named; docs/reference/configuration.md lists all", "%s", strings.ReplaceAll(sentence(err), "\n", "; "))
	}
	p.cfg, p.loaded = cfg, true
	_, named := p.c.environ()
	if file := p.c.configFile(named); file != "" {
		return ok("%s is usable", file)
	}
	return ok("no file: environment and defaults")
}

func checkIssuer(_ context.Context, p *patient) finding {
	if !p.loaded {
		return needs("a usable configuration")
	}
	u, err := url.Parse(p.cfg.Issuer)
	switch {
	case err != nil: // Validate parsed it before
		return trouble("set issuer", "the issuer is no URL")
	case u.Scheme == "http":
		return warning("set issuer to the https URL by which people reach the server, before the first client is registered: it cannot be changed later",
			"%s is for this machine only", p.cfg.Issuer)
	case p.cfg.TLS.Certificate == "" && len(p.cfg.Proxies) == 0:
		return warning("set trusted_proxies to the networks of the proxy, or tls.certificate and tls.key", "%s needs a proxy that ends TLS, and none is trusted", p.cfg.Issuer)
	}
	return ok("%s", p.cfg.Issuer)
}

func checkCertificate(_ context.Context, p *patient) finding {
	switch {
	case !p.loaded:
		return needs("a usable configuration")
	case p.cfg.TLS.Certificate == "":
		return ok("none: TLS is a proxy's")
	}
	pair, err := tls.LoadX509KeyPair(p.cfg.TLS.Certificate, p.cfg.TLS.Key)
	if err != nil {
		return trouble("set tls.certificate and tls.key to a PEM chain and its key", "the certificate cannot be used: %v", err)
	}
	left := pair.Leaf.NotAfter.Sub(p.c.Now())
	u, err := url.Parse(p.cfg.Issuer)
	switch {
	case left <= 0:
		return trouble("renew it; the server reads it again by itself", "it ended on %s", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	case err == nil && pair.Leaf.VerifyHostname(u.Hostname()) != nil:
		return trouble("get one for the issuer's host", "it is not for %s", u.Hostname())
	case left < certificateEnds:
		return warning("renew it; the server reads it again by itself", "it ends on %s", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	return ok("it ends on %s", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
}

func checkFolder(_ context.Context, p *patient) finding {
	if !p.loaded {
		return needs("a usable configuration")
	}
	info, err := os.Stat(p.cfg.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return trouble("run serve or init, which make it, or name another with --data", "%s does not exist", p.cfg.Data)
	case err != nil:
		return trouble("let this user read it", "%v", err)
	case !info.IsDir():
		return trouble("name a folder with --data", "%s is not a folder", p.cfg.Data)
	case unix.Access(p.cfg.Data, unix.W_OK) != nil:
		return trouble("let this user write to it", "%s cannot be written to", p.cfg.Data)
	}
	return ok("%s", p.cfg.Data)
}

// checkModes: what holds keys or data is its owner's only.
func checkModes(_ context.Context, p *patient) finding {
	if !p.loaded {
		return needs("a usable configuration")
	}
	entries, err := os.ReadDir(p.cfg.Data)
	if err != nil {
		return needs("the data folder")
	}
	var open []string
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && private(e.Name()) && info.Mode().Perm()&0o077 != 0 {
			open = append(open, e.Name())
		}
	}
	if len(open) > 0 {
		return trouble("chmod 600 "+strings.Join(quoteAll(p.cfg.Data, open), " "), "others may read %s", strings.Join(open, ", "))
	}
	_, named := p.c.environ()
	if file := p.c.configFile(named); file != "" {
		if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o022 != 0 {
			return trouble("chmod go-w "+file, "others may change %s", file)
		}
	}
	return ok("others read no key and no data")
}

func private(name string) bool {
	return name == "master.key" || strings.Contains(name, ".db")
}

func quoteAll(dir string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = "'" + filepath.Join(dir, n) + "'"
	}
	return out
}

func checkDisk(_ context.Context, p *patient) finding {
	if !p.loaded {
		return needs("a usable configuration")
	}
	var st unix.Statfs_t
	if err := unix.Statfs(p.cfg.Data, &st); err != nil {
		return needs("the data folder")
	}
	free := uint64(st.Bavail) * uint64(st.Bsize) //nolint:gosec,unconvert // the types differ by system, and neither is negative
	text := mebibytes(free) + " free"
	switch {
	case free < tightDisk:
		return trouble("make room", "%s", text)
	case free < littleDisk:
		return warning("make room", "%s", text)
	}
	return ok("%s", text)
}
