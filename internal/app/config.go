package app

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/account"
	"github.com/jedan-auth/jedan-auth/consent"
	"github.com/jedan-auth/jedan-auth/internal/attributes"
	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/limits"
	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/policy"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
	"github.com/jedan-auth/jedan-auth/login"
	"github.com/jedan-auth/jedan-auth/login/challenge"
	"github.com/jedan-auth/jedan-auth/login/lost"
	"github.com/jedan-auth/jedan-auth/login/otp"
	"github.com/jedan-auth/jedan-auth/login/passkey"
	loginpassword "github.com/jedan-auth/jedan-auth/login/password"
	"github.com/jedan-auth/jedan-auth/login/qr"
	"github.com/jedan-auth/jedan-auth/login/required"
	"github.com/jedan-auth/jedan-auth/login/signup"
	"github.com/jedan-auth/jedan-auth/provider"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/risk/feeds"
)

// Config is every setting of the server.
type Config struct {
	Issuer     string              `config:"issuer" default:"http://localhost:8080" doc:"Issuer identifier and public address, without a trailing slash. Plain http only for loopback."`
	Listen     []string            `config:"listen" doc:"Addresses to listen on. Empty: port 8080 on both loopbacks."`
	Data       string              `config:"data" default:"./data" doc:"Data folder: database file, master key, locks."`
	Database   config.Secret       `config:"database" doc:"Database: sqlite:PATH or postgres://…. Empty: sqlite in the data folder."`
	Redis      config.Secret       `config:"redis" doc:"Redis or Valkey, redis://… or rediss://…, in which all nodes count requests together (see limits). Empty: each node counts for itself."`
	MasterKey  config.Secret       `config:"master_key" doc:"Master key that wraps all others, base64. Empty: the file master.key in the data folder, made at the first start."`
	Proxies    []string            `config:"trusted_proxies" doc:"Networks (CIDR) of proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id count. Empty: none."`
	TLS        TLS                 `config:"tls" doc:"TLS by the server itself. Both paths empty: none; put a proxy in front."`
	MTLS       MTLS                `config:"mtls" doc:"Certificates of clients (RFC 8705). Everything empty: none."`
	Tokens     provider.Config     `config:"tokens" doc:"Lifetimes of codes, tokens, grants and flows."`
	Profile    string              `config:"profile" doc:"Profile that every client is under: oauth2.1, fapi1-advanced, fapi2-security, fapi2-message-signing, fapi-ciba or mcp. Clients that contradict it can do nothing. Empty: each its own, if any."`
	MCP        MCP                 `config:"mcp" doc:"The most that clients under the profile mcp may be granted."`
	Connectors string              `config:"connectors_dir" doc:"Folder with files of connectors, NAME.json each: rows that are changed there alone. Empty: connectors.d in the data folder."`
	Register   register.Config     `config:"registration" doc:"Clients that register themselves over the network."`
	Sessions   Sessions            `config:"sessions" doc:"Limits of a person's session."`
	Passwords  Passwords           `config:"passwords" doc:"How passwords are hashed and judged."`
	Consent    consent.Config      `config:"consent" doc:"Remembered consents."`
	Attributes attributes.Config   `config:"attributes" doc:"The profile schema: attributes of people beside the standard claims. See the guide."`
	Account    account.Config      `config:"account" doc:"A person's own pages."`
	Terms      required.Terms      `config:"terms" doc:"Terms of use that everybody accepts before anything else."`
	Login      Login               `config:"login" doc:"Sign-in."`
	Recovery   lost.Config         `config:"recovery" doc:"Recovery of people who lost every second factor, and links of administrators."`
	Risk       risk.Config         `config:"risk" doc:"How sign-ins are judged. See the guide."`
	Policy     policy.Config       `config:"policy" doc:"Rules of who may sign in how, in the Common Expression Language. See the guide."`
	Feeds      feeds.Config        `config:"feeds" doc:"What others know of addresses and stolen passwords. Everything is off by default: addresses of people would go to others."`
	Keys       Keys                `config:"keys" doc:"Signing keys."`
	Log        telemetry.LogConfig `config:"log" doc:"The log."`
	Access     bool                `config:"access_log" default:"false" doc:"Write a log line for every request. Refusals and failures are logged regardless."`
	Theme      Theme               `config:"theme" doc:"How the screens look."`
	Outbound   fetch.Config        `config:"outbound" doc:"Requests to addresses that others name: key sets, request objects, metadata, notifications."`
	Outbox     outbox.Config       `config:"outbox" doc:"Messages to other servers: back-channel logout, CIBA pings."`
	Mail       notify.MailConfig   `config:"mail" doc:"Mails to people. Without a host they are written as files into the data folder."`
	SMS        notify.SMSConfig    `config:"sms" doc:"Text messages to people's phones."`
	Shutdown   Shutdown            `config:"shutdown" doc:"How the server stops."`
	Limits     Limits              `config:"limits" doc:"Bounds on connections, and on how often addresses, clients and accounts may ask. See the guide."`
}

// TLS names certificate and key; changed files are read again by themselves.
type TLS struct {
	Certificate string `config:"certificate" doc:"Path of the certificate chain, PEM."`
	Key         string `config:"key" doc:"Path of the private key, PEM."`
}

// Sessions are the limits of a session.
type Sessions struct {
	Idle     time.Duration `config:"idle" default:"12h" doc:"A session ends when unused for so long."`
	Absolute time.Duration `config:"absolute" default:"720h" doc:"A session ends so long after its sign-in."`
	Watched  bool          `config:"management" default:"false" doc:"Apps may watch in a frame whether the sign-in is still the same (OpenID Connect Session Management): by a cookie that scripts of this server can read and that browsers send from other sites' pages."`
}

// Passwords are argon2id's parameters and the policy.
type Passwords struct {
	MemoryKiB   uint32        `config:"memory_kib" default:"19456" doc:"argon2id memory in KiB."`
	Iterations  uint32        `config:"iterations" default:"2" doc:"argon2id passes."`
	Parallelism uint8         `config:"parallelism" default:"1" doc:"argon2id lanes."`
	Workers     int           `config:"workers" default:"0" doc:"Hashes at a time; 0: one less than the cores."`
	Queue       int           `config:"queue" default:"0" doc:"Sign-ins that may wait for a hash; 0: 64 for each worker. More are answered 503 with Retry-After."`
	MaxWait     time.Duration `config:"max_wait" default:"2s" doc:"Longest wait for a hash."`
	MinLength   int           `config:"min_length" default:"15" doc:"Fewest characters of a password that stands alone (NIST SP 800-63B-4)."`
}

// Login is sign-in.
type Login struct {
	Passkeys  passkey.Config       `config:"passkeys" doc:"Sign-in by passkey."`
	ByMail    bool                 `config:"by_mail" default:"false" doc:"Offer a sign-in by a mailed link or code, without a password."`
	QR        qr.Config            `config:"qr" doc:"Sign-in by a phone on which the person is signed in."`
	OTP       otp.Config           `config:"otp" doc:"Codes by mail and text message as second factors."`
	Attempts  loginpassword.Config `config:"attempts" doc:"How many attempts with passwords are allowed. Settings that are left out keep their defaults."`
	Signup    signup.Config        `config:"signup" doc:"Accounts that people make themselves."`
	Challenge challenge.Config     `config:"challenge" doc:"What browsers do before a form counts while an address or an account is under attack. See the guide on limits."`
	Second    login.SecondConfig   `config:"second_factor" doc:"How many wrong codes a second factor bears. They are counted in the database, for each person and kind."`
}

// Keys are the signing keys.
type Keys struct {
	Algorithms   []string      `config:"algorithms" default:"[\"RS256\",\"PS256\",\"ES256\",\"EdDSA\"]" doc:"Algorithms that a key is kept for. RS256 and ES256 are needed."`
	Encryption   []string      `config:"encryption" default:"[\"RSA-OAEP-256\",\"ECDH-ES+A256KW\"]" doc:"Algorithms that a key is published for, to which clients may encrypt request objects. Empty: none."`
	RotateEvery  time.Duration `config:"rotate_every" default:"2160h" doc:"How long a key signs."`
	PublishAhead time.Duration `config:"publish_ahead" default:"24h" doc:"How long a key is published before it signs."`
}

// Theme overrides templates and assets.
type Theme struct {
	Dir         string `config:"dir" doc:"Folder whose templates and assets replace the built-in ones file by file."`
	ProductName string `config:"product_name" default:"Jedan-Auth" doc:"Name shown at the foot of every screen."`
}

// Shutdown says how the server stops.
type Shutdown struct {
	DrainDelay time.Duration `config:"drain_delay" default:"1s" doc:"How long requests are still taken after SIGTERM while readiness says no."`
	Timeout    time.Duration `config:"timeout" default:"15s" doc:"How long running requests may take to finish after that."`
}

// Limits bound what strangers can hold open, and how often they may ask.
type Limits struct {
	Connections int `config:"connections" default:"8192" doc:"Most connections at a time."`
	limits.Config
}

// Validate refuses what cannot work or is unsafe.
func (c Config) Validate() error {
	var errs []error
	if _, err := c.issuer(); err != nil {
		errs = append(errs, err)
	}
	if _, err := c.proxies(); err != nil {
		errs = append(errs, err)
	}
	if err := c.MTLS.validate(c); err != nil {
		errs = append(errs, err)
	}
	if c.Login.OTP.SMS && !c.SMS.On() {
		errs = append(errs, errors.New("login.otp.sms: sms.provider and sms.countries are needed"))
	}
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		errs = append(errs, errors.New("tls: certificate and key go together"))
	}
	for _, need := range []string{"RS256", "ES256"} {
		if !contains(c.Keys.Algorithms, need) {
			errs = append(errs, fmt.Errorf("keys.algorithms: %s is missing", need))
		}
	}
	for path, v := range map[string]interface{ Validate() error }{
		"keys": c.Keys.set(c.Tokens), "sessions": c.Sessions.config(), "passwords": c.Passwords.config(), "risk": c.Risk, "feeds": c.Feeds, "login.signup": c.Login.Signup, "login.qr": c.Login.QR, "policy": c.Policy, "attributes": c.Attributes, "terms": c.Terms, "recovery": c.Recovery, "limits": c.Limits,
	} {
		if err := v.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
		}
	}
	return errors.Join(errs...)
}

func contains(l []string, s string) bool {
	for _, x := range l {
		if x == s {
			return true
		}
	}
	return false
}

func (c Config) issuer() (*url.URL, error) {
	u, err := url.Parse(c.Issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(c.Issuer, "/"):
		return nil, errors.New("issuer: an https URL without query, fragment and trailing slash is required")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("issuer: plain http is only for loopback; use https")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("issuer: an https URL is required")
	}
	return u, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

func (c Config) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range c.Proxies {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("trusted_proxies: %q is no network such as 10.0.0.0/8", s)
		}
		out = append(out, p)
	}
	return out, nil
}

// dsn is the database, with the default in the data folder.
func (c Config) dsn() string {
	if c.Database != "" {
		return c.Database.Reveal()
	}
	return "sqlite:" + filepath.Join(c.Data, "jedan-auth.db")
}

func (k Keys) set(t provider.Config) keys.SetConfig {
	return keys.SetConfig{
		Algorithms: k.Algorithms, Encryption: k.Encryption, RotateEvery: k.RotateEvery, PublishAhead: k.PublishAhead, TokenLifetimeMax: max(24*time.Hour, t.AccessLifetime, t.IDTokenLifetime),
	}
}

func (s Sessions) config() session.Config {
	return session.Config{Idle: s.Idle, Absolute: s.Absolute, Watched: s.Watched}
}

func (p Passwords) config() password.Config {
	return password.Config{
		Params:  password.Params{MemoryKiB: p.MemoryKiB, Iterations: p.Iterations, Parallelism: p.Parallelism},
		Workers: p.Workers, Queue: p.Queue, MaxWait: p.MaxWait,
	}
}

// Sources are where the configuration comes from.
type Sources struct {
	File    string            // YAML; "" is none
	Environ []string          // os.Environ()
	Flags   map[string]string // by key path; the strongest
}

// Load reads and validates the configuration, or says everything that is wrong with it.
func Load(s Sources) (Config, error) {
	return config.Load[Config](config.Sources{File: s.File, Environ: s.Environ, Flags: s.Flags})
}
