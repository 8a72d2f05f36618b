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
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// state is what the edge knows about one request.
type state struct {
	own      string // our random id: what a person reads out to an operator
	id       string // the request id: own, unless a trusted proxy named one
	upstream bool   // id came from a proxy
	peer     netip.Addr
	client   netip.Addr
	agent    string // user agent, as sent
	trusted  bool   // the peer is a trusted proxy
	tls      bool   // the client's own connection is encrypted, as far as can be known
	plain    bool   // a trusted proxy said that it is not
	cut      bool   // the answer broke off: end the connection
	start    time.Time
	parsed   bool // Form ran
	form     url.Values
	formErr  error
	cookies  map[string]string // set in this response, by full name
}

type stateKey struct{}

func (e *Engine) begin(c *gin.Context) *state {
	r := c.Request
	st := &state{own: newID(), start: e.cfg.Now(), peer: peerAddr(r.RemoteAddr), agent: r.UserAgent(), tls: r.TLS != nil}
	st.id, st.client = st.own, st.peer
	if len(e.cfg.TrustedProxies) > 0 && contains(e.cfg.TrustedProxies, st.peer) {
		st.behindProxy(r.Header, e.cfg.TrustedProxies)
	}
	c.Request = r.WithContext(context.WithValue(r.Context(), stateKey{}, st))
	return st
}

func (st *state) behindProxy(h http.Header, trusted []netip.Prefix) {
	st.trusted = true
	st.client = forwardedFor(st.peer, h["X-Forwarded-For"], trusted)
	if proto := h["X-Forwarded-Proto"]; len(proto) == 1 {
		st.tls = strings.EqualFold(proto[0], "https")
		st.plain = strings.EqualFold(proto[0], "http")
	}
	if ids := h["X-Request-Id"]; len(ids) == 1 && validRequestID(ids[0]) {
		st.id, st.upstream = ids[0], true
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
		return st.id
	}
	return ""
}

// ContextClient is the client's address, as ClientIP has it, and user agent, at
// most 256 printable bytes of it, of the request that ctx belongs to; zero outside
// one.
func ContextClient(ctx context.Context) (ip netip.Addr, agent string) {
	if st := stateOf(ctx); st != nil {
		return st.client, printable(st.agent, 256)
	}
	return netip.Addr{}, ""
}

// ErrorID is the id that an error page of this request shows. It is always our
// own random value; behind a proxy that names its requests it is logged beside
// the request id.
func ErrorID(c *gin.Context) string {
	if st := stateOf(c.Request.Context()); st != nil {
		return st.own
	}
	return ""
}

// ClientIP is the client's address: the peer's, or the rightmost untrusted one
// in X-Forwarded-For when the peer is a trusted proxy. It has no zone and is
// never an IPv4-mapped IPv6 address. Behind an unreadable header it is the proxy's.
func ClientIP(c *gin.Context) netip.Addr {
	if st := stateOf(c.Request.Context()); st != nil {
		return st.client
	}
	return netip.Addr{}
}

// IsTLS reports whether the client's connection is encrypted: here, or at a
// trusted proxy by its X-Forwarded-Proto.
func IsTLS(c *gin.Context) bool {
	st := stateOf(c.Request.Context())
	return st != nil && st.tls
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
