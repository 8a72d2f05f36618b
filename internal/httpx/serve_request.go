package httpx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// serve is the one way through the edge: state, headers, admission, handler,
// and whatever happens, one answer and one log line.
func (e *Engine) serve(c *gin.Context, rt *route) {
	st := e.begin(c)
	defer e.finish(c, st, rt)
	e.writeHeaders(c, rt)
	done, err := e.gateThenAdmit(c, st, rt)
	if err == nil && !done {
		err = rt.handler(c)
	}
	if err != nil {
		e.fail(c, st, rt, err)
	}
}

// gateThenAdmit asks the gate first: who is kept out costs nothing more, but that a script learns when to come back.
func (e *Engine) gateThenAdmit(c *gin.Context, st *state, rt *route) (done bool, err error) {
	if e.cfg.Gate != nil && !rt.exempt {
		if err := e.cfg.Gate(c); err != nil {
			if errs.Is(err, errs.Throttled) {
				rt.guard.allowOrigin(c)
			}
			return false, err
		}
	}
	return e.admit(c, st, rt)
}

// finish recovers, then logs. http.ErrAbortHandler passes through: it is how a
// handler asks net/http to cut the connection. An answer that failed half-way is
// cut as well, so that nobody takes a part for the whole.
func (e *Engine) finish(c *gin.Context, st *state, rt *route) {
	caught := recover()
	if caught != nil && caught != http.ErrAbortHandler { //nolint:errorlint // the sentinel is compared as net/http does
		e.fail(c, st, rt, &panicError{value: caught, stack: debug.Stack()})
	}
	took := e.cfg.Now().Sub(st.start)
	switch {
	case rt.observe != nil:
		rt.observe(c.Writer.Status(), took)
	case e.cfg.Observer != nil:
		e.cfg.Observer.ObserveRequest(rt.path, c.Request.Method, c.Writer.Status(), took)
	}
	e.access(c, st, rt, took)
	if st.cut || caught == http.ErrAbortHandler { //nolint:errorlint // as above
		panic(http.ErrAbortHandler)
	}
}

type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// access writes the log line of a request: the route's template instead of the
// path, because paths carry identifiers, and never the query.
func (e *Engine) access(c *gin.Context, st *state, rt *route, took time.Duration) {
	if !e.cfg.AccessLog || (rt.exempt && c.Writer.Status() < http.StatusBadRequest) {
		return
	}
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(attrs, slog.String("method", printable(c.Request.Method, 16)), slog.String("path", logPath(c, rt)),
		slog.Int("status", c.Writer.Status()), slog.Int("bytes", max(c.Writer.Size(), 0)),
		slog.Int64("us", took.Microseconds()))
	if st.upstream != "" {
		attrs = append(attrs, slog.String("error_id", st.ownID()))
	}
	if e.cfg.LogClientIP {
		attrs = append(attrs, slog.String("client_ip", ClientIP(c).String()))
	}
	e.cfg.Logger.LogAttrs(c.Request.Context(), slog.LevelInfo, "request", attrs...)
}

// logPath is the route's template or, where there is none, the path as far as it is made of plain words: whatever else somebody puts into a link,
// an address above all, is not for the log.
func logPath(c *gin.Context, rt *route) string {
	if rt.path != "" {
		return rt.path
	}
	path := printable(c.Request.URL.Path, 100)
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if !plainSegment(s) {
			segments[i] = "*"
		}
	}
	return strings.Join(segments, "/")
}

// plainSegment takes words as routes have them: at most 32 lower-case letters, two digits among them, and signs.
func plainSegment(s string) bool {
	digits := 0
	for i := range len(s) {
		switch b := s[i]; {
		case b >= '0' && b <= '9':
			digits++
		case (b < 'a' || b > 'z') && b != '-' && b != '_' && b != '.':
			return false
		}
	}
	return len(s) <= 32 && digits <= 2
}

// fail is the one place where an error becomes an answer.
func (e *Engine) fail(c *gin.Context, st *state, rt *route, err error) {
	err = translate(err)
	e.logFailure(c, st, rt, err)
	if c.Writer.Written() {
		st.cut = true
		return
	}
	h := c.Writer.Header()
	h.Set("Cache-Control", "no-store")
	if errs.Is(err, errs.TooLarge) {
		h.Set("Connection", "close") // the rest of the body is not worth reading
	}
	if wait := errs.RetryAfterOf(err); wait > 0 {
		h.Set("Retry-After", seconds(wait))
	}
	if e.cfg.Protocol != nil && rt.path != "" && e.byProtocol(c, err) {
		return
	}
	c.Status(errs.CodeOf(err).Status())
	if rt.guard.kind == kindPage {
		e.writePage(c, errs.Public(err), st.ownID())
		return
	}
	writeJSONError(c, err, st.ownID())
}

// translate gives net/http's own errors a code.
func translate(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok && !errs.Is(err, errs.TooLarge) {
		return errs.Wrap(errs.TooLarge, "", tooLarge)
	}
	return err
}

// byProtocol lets the provider write; a panic there falls back to our own form.
func (e *Engine) byProtocol(c *gin.Context, err error) (wrote bool) {
	defer func() {
		if p := recover(); p != nil {
			e.cfg.Logger.ErrorContext(c.Request.Context(), "writing a protocol error panicked", "panic", fmt.Sprint(p))
			wrote = c.Writer.Written()
		}
	}()
	return e.cfg.Protocol(c, err)
}

func (e *Engine) logFailure(c *gin.Context, st *state, rt *route, err error) {
	code := errs.CodeOf(err)
	level := slog.LevelInfo
	if code.Status() >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		level = slog.LevelDebug // the client left; nobody is waiting for this
	}
	attrs := []slog.Attr{slog.String("error_id", st.ownID()), slog.String("code", string(code)),
		slog.String("method", printable(c.Request.Method, 16)), slog.String("path", logPath(c, rt)), slog.Any("error", err)}
	if p, ok := errors.AsType[*panicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	e.cfg.Logger.LogAttrs(c.Request.Context(), level, "request failed", attrs...)
}
