package httpx

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// state is what the edge knows about one request. It is the request's context as well: one allocation instead of three. What only a refusal, a log
// line or a form asks for is made when somebody asks.
type state struct {
	context.Context
	remote   string // the peer's address and port
	agent    string // user agent, as sent
	start    time.Time
	trusted  bool // the peer is a trusted proxy
	tls      bool // the client's own connection is encrypted, as far as can be known
	plain    bool // a trusted proxy said that it is not
	cut      bool // the answer broke off: end the connection
	parsed   bool // Form ran
	form     url.Values
	formErr  error
	cookies  map[string]string // set in this response, by full name
	upstream string            // the request id that a trusted proxy gave; usually ""

	drawn sync.Once
	own   string // see ownID
	found sync.Once
	peer  netip.Addr // see addresses
	from  netip.Addr // the client's, if a trusted proxy named it
}

type stateKey struct{}

// Value implements context.Context.
func (st *state) Value(key any) any {
	if key == (stateKey{}) {
		return st
	}
	return st.Context.Value(key)
}

// ownID is our random id: what a person reads out to an operator.
func (st *state) ownID() string {
	st.drawn.Do(func() { st.own = newID() })
	return st.own
}

// id is the request id: our own, unless a trusted proxy named one.
func (st *state) id() string {
	if st.upstream != "" {
		return st.upstream
	}
	return st.ownID()
}

// addresses are the peer's and the client's.
func (st *state) addresses() (peer, client netip.Addr) {
	st.found.Do(func() { st.peer = peerOf(st.Context, st.remote) })
	if st.trusted {
		return st.peer, st.from
	}
	return st.peer, st.peer
}

func (e *Engine) begin(c *gin.Context) *state {
	r := c.Request
	st := &state{Context: r.Context(), remote: r.RemoteAddr, start: e.cfg.Now(), tls: r.TLS != nil}
	if agent := r.Header["User-Agent"]; len(agent) > 0 {
		st.agent = agent[0]
	}
	if len(e.cfg.TrustedProxies) > 0 {
		if peer, _ := st.addresses(); contains(e.cfg.TrustedProxies, peer) {
			st.behindProxy(r.Header, e.cfg.TrustedProxies)
		}
	}
	c.Request = r.WithContext(st)
	return st
}

func (st *state) behindProxy(h http.Header, trusted []netip.Prefix) {
	st.trusted = true
	st.from = forwardedFor(st.peer, h["X-Forwarded-For"], trusted)
	if proto := h["X-Forwarded-Proto"]; len(proto) == 1 {
		st.tls = strings.EqualFold(proto[0], "https")
		st.plain = strings.EqualFold(proto[0], "http")
	}
	if ids := h["X-Request-Id"]; len(ids) == 1 && validRequestID(ids[0]) {
		st.upstream = ids[0]
	}
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b[:])
}

func validRequestID(s string) bool {
	if len(s) < 8 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		b := s[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' && b != '_' && b != '.' {
			return false
		}
	}
	return true
}

func stateOf(ctx context.Context) *state {
	st, _ := ctx.Value(stateKey{}).(*state)
	return st
}

// RequestID is the id of c's request, as in every log line about it.
func RequestID(c *gin.Context) string { return ContextRequestID(c.Request.Context()) }

// ContextRequestID is the id of the request that ctx belongs to, or "".
func ContextRequestID(ctx context.Context) string {
	if st := stateOf(ctx); st != nil {
		return st.id()
	}
	return ""
}

// ContextClient is the client's address, as ClientIP has it, and user agent, at
// most 256 printable bytes of it, of the request that ctx belongs to; zero outside
// one.
func ContextClient(ctx context.Context) (ip netip.Addr, agent string) {
	if st := stateOf(ctx); st != nil {
		_, client := st.addresses()
		return client, printable(st.agent, 256)
	}
	return netip.Addr{}, ""
}

// ContextIP is ContextClient's address alone.
func ContextIP(ctx context.Context) netip.Addr {
	if st := stateOf(ctx); st != nil {
		_, client := st.addresses()
		return client
	}
	return netip.Addr{}
}

// ErrorID is the id that an error page of this request shows. It is always our
// own random value; behind a proxy that names its requests it is logged beside
// the request id.
func ErrorID(c *gin.Context) string {
	if st := stateOf(c.Request.Context()); st != nil {
		return st.ownID()
	}
	return ""
}

// ClientIP is the client's address: the peer's, or the rightmost untrusted one
// in X-Forwarded-For when the peer is a trusted proxy. It has no zone and is
// never an IPv4-mapped IPv6 address. Behind an unreadable header it is the proxy's.
func ClientIP(c *gin.Context) netip.Addr { return ContextIP(c.Request.Context()) }

// IsTLS reports whether the client's connection is encrypted: here, or at a
// trusted proxy by its X-Forwarded-Proto.
func IsTLS(c *gin.Context) bool {
	st := stateOf(c.Request.Context())
	return st != nil && st.tls
}

// FromTrustedProxy reports whether the request that ctx belongs to came from a trusted proxy, whose headers then count.
func FromTrustedProxy(ctx context.Context) bool {
	st := stateOf(ctx)
	return st != nil && st.trusted
}

func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// printable shortens foreign text for a log line.
func printable(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	clean := true
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			clean = false
		}
	}
	if clean && utf8.ValidString(s) {
		return s
	}
	return strconv.QuoteToASCII(s)
}
