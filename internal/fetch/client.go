package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/ratelimit"
)

const (
	defaultMost   = 512 << 10
	headerMost    = 64 << 10
	redirectMost  = 3
	hostsCounted  = 1 << 12
	idleAtAll     = 32
	idleOfOneHost = 2
	idleFor       = 30 * time.Second
	atOnce        = 64 // requests of the whole process
	atOnceOneHost = 8
)

// Deps is what the client stands on; the zero value is the machine's.
type Deps struct {
	Resolver  Resolver         // nil: the system's
	Now       func() time.Time // nil: time.Now
	UserAgent string           // "": Jedan-Auth
}

// Client asks others. It is safe for concurrent use.
type Client struct {
	policy  policy
	http    *http.Client
	timeout time.Duration
	agent   string
	now     func() time.Time
	perHost *ratelimit.Limiter
	places  chan struct{}
	flights singleflight.Group
	kept    *shelf
	dialer  dialer
	roots   *x509.CertPool // nil: the system's
}

// New makes a client, or says why the configuration cannot be used.
func New(c Config, d Deps) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c, d = c.withDefaults(), d.withDefaults()
	nets, err := c.networks()
	if err != nil {
		return nil, err
	}
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	perHost, err := ratelimit.New(ratelimit.Config{Events: c.PerHost, Per: time.Minute, MaxKeys: hostsCounted, Now: d.Now})
	if err != nil {
		return nil, err
	}
	dial := dialer{policy: policy{allowed: nets, http: c.AllowHTTP}, resolver: d.Resolver, timeout: c.Timeout}
	return &Client{
		policy: dial.policy, dialer: dial, roots: roots, timeout: c.Timeout, agent: d.UserAgent, now: d.Now, perHost: perHost, kept: newShelf(), places: make(chan struct{}, atOnce),
		http: &http.Client{CheckRedirect: checkRedirect, Transport: transport(dial, roots)},
	}, nil
}

func (d Deps) withDefaults() Deps {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Resolver == nil {
		d.Resolver = net.DefaultResolver
	}
	if d.UserAgent == "" {
		d.UserAgent = "Jedan-Auth"
	}
	return d
}

// transport leaves Proxy nil: the environment's proxies are not asked.
func transport(d dialer, roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext:            d.DialContext,
		TLSHandshakeTimeout:    d.timeout,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: headerMost,
		MaxConnsPerHost:        atOnceOneHost,
		MaxIdleConns:           idleAtAll,
		MaxIdleConnsPerHost:    idleOfOneHost,
		IdleConnTimeout:        idleFor,
	}
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request is one question.
type Request struct {
	Method   string // "": GET
	URL      string
	Header   http.Header // Authorization and the like; the rest is set here
	Body     []byte
	MaxBytes int64 // of the answer; 0: 512 KiB
	// Types are the media types that an answer of status 2xx may have; empty: any.
	Types []string
	// Redirects within the origin are followed, at most three. Otherwise the 3xx is the answer.
	Redirects bool
}

// Response is an answer of any status.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Type   string // media type, in lower case, without parameters
}

// OK reports a status of 2xx.
func (r *Response) OK() bool { return r.Status/100 == 2 }

type redirectsKey struct{}

// checkRedirect follows redirects within the origin for those who asked for it.
func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	if wanted, _ := first.Context().Value(redirectsKey{}).(bool); !wanted {
		return http.ErrUseLastResponse
	}
	if len(via) > redirectMost || next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host || next.URL.User != nil {
		return ErrRefused
	}
	return nil
}

// Do asks and reads the whole answer. errs.Invalid: the address may not be asked (ErrRefused), or what came is not what was asked for; errs.TooLarge;
// errs.Throttled: too many requests to this host; errs.Unavailable: no answer.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	u, err := c.parse(r.URL)
	if err != nil {
		return nil, err
	}
	if ok, wait := c.perHost.Allow(strings.ToLower(u.Host)); !ok {
		return nil, errs.New(errs.Throttled, "Too many requests go to this host.").After(wait)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ctx = context.WithValue(context.WithValue(ctx, plainKey{}, u.Scheme == "http"), redirectsKey{}, r.Redirects)
	req, err := c.request(ctx, u, r)
	if err != nil {
		return nil, refused("it is no absolute URL")
	}
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return nil, failed(ctx.Err())
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, failed(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read, or is not wanted
	return read(resp, r)
}

func (c *Client) request(ctx context.Context, u *url.URL, r Request) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	req.Header.Set("User-Agent", c.agent)
	if len(r.Types) > 0 && req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", strings.Join(r.Types, ", "))
	}
	return req, nil
}

// failed hides the address, which *url.Error spells out.
func failed(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	if errors.Is(err, ErrRefused) {
		return errs.Wrap(errs.Invalid, "This address may not be fetched: it does not lead to a public server.", err)
	}
	return errs.Wrap(errs.Unavailable, "The other server did not answer.", err)
}

func read(resp *http.Response, r Request) (*Response, error) {
	most := r.MaxBytes
	if most <= 0 {
		most = defaultMost
	}
	if resp.Header.Get("Content-Encoding") != "" {
		return nil, errs.New(errs.Invalid, "The other server's answer is encoded, which was not asked for.")
	}
	if resp.ContentLength > most {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, failed(err)
	}
	if int64(len(body)) > most {
		return nil, tooLarge()
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	out := &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, Type: kind}
	if out.OK() && len(r.Types) > 0 && !slices.Contains(r.Types, kind) {
		return nil, errs.New(errs.Invalid, "The other server's answer is not of the type that was asked for.")
	}
	return out, nil
}

func tooLarge() error { return errs.New(errs.TooLarge, "The other server's answer is too large.") }

// Get asks for a document once, past what is kept.
func (c *Client) Get(ctx context.Context, r Request) (*Response, error) {
	r.Method, r.Body = http.MethodGet, nil
	return c.Do(ctx, r)
}

// PostForm sends a form. header may be nil.
func (c *Client) PostForm(ctx context.Context, address string, form url.Values, header http.Header) (*Response, error) {
	return c.post(ctx, address, "application/x-www-form-urlencoded", []byte(form.Encode()), header)
}

// PostJSON sends v as JSON. header may be nil.
func (c *Client) PostJSON(ctx context.Context, address string, v any, header http.Header) (*Response, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, errs.Wrap(errs.Internal, "A message cannot be written as JSON.", err)
	}
	return c.post(ctx, address, "application/json", body, header)
}

func (c *Client) post(ctx context.Context, address, kind string, body []byte, header http.Header) (*Response, error) {
	h := http.Header{}
	if header != nil {
		h = header.Clone()
	}
	h.Set("Content-Type", kind)
	return c.Do(ctx, Request{Method: http.MethodPost, URL: address, Header: h, Body: body})
}
