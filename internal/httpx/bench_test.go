package httpx

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
)

// sink is a response writer that costs nothing, so that the edge is what is left.
type sink struct{ h http.Header }

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(int)             { clear(s.h) }

// What the edge adds to a request: without and with the access log.
func BenchmarkEdge(b *testing.B) {
	body := []byte(`{"keys":[]}`)
	for _, access := range []bool{false, true} {
		name := "quiet"
		if access {
			name = "accesslog"
		}
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, "http://localhost:8080", func(c *Config) {
				c.AccessLog = access
				c.Logger = slog.New(slog.NewJSONHandler(io.Discard, nil))
			}, func(r Router) {
				r.Handle("GET", "/jwks", Document.CORSAny(), func(c *gin.Context) error {
					c.Data(http.StatusOK, "application/json", body)
					return nil
				})
			})
			r := httptest.NewRequest("GET", "/jwks", nil)
			r.Host = "localhost:8080"
			out := &sink{h: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				w.handler.ServeHTTP(out, r)
			}
		})
	}
}
