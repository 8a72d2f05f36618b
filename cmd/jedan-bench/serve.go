package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
)

// benchConfig is the default configuration but for issuer, data folder, database, and a directory on loopback.
func benchConfig(data, issuer, dsn string) (app.Config, error) {
	c, err := config.Defaults[app.Config]()
	c.Data, c.Issuer, c.Database, c.Shutdown.DrainDelay = data, issuer, config.Secret(dsn), 0
	c.Outbound.AllowNetworks = []string{"127.0.0.1/32"}
	return c, err
}

func openApp(ctx context.Context, data, issuer, dsn string, listeners ...net.Listener) (*app.App, error) {
	c, err := benchConfig(data, issuer, dsn)
	if err != nil {
		return nil, err
	}
	log, err := telemetry.NewLogger(c.Log, telemetry.LogDeps{Out: os.Stderr, RequestID: httpx.ContextRequestID})
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, c, app.Options{Log: log, Listeners: listeners})
}

// serveServer is the whole server.
func serveServer(ctx context.Context, o childOptions, l net.Listener, ready chan<- struct{}) error {
	a, err := openApp(ctx, o.data, o.issuer, os.Getenv(databaseEnv), l)
	if err != nil {
		return err
	}
	err = a.ServeReady(ctx, func([]net.Addr, string) { close(ready) })
	return errors.Join(err, a.Close())
}

// serveHello is the bare handler that everything is compared with: GET /N answers N bytes that are made already.
func serveHello(ctx context.Context, l net.Listener, ready chan<- struct{}) error {
	s := &http.Server{Handler: hello(make([]byte, longestAnswer))} //nolint:gosec // bare on purpose, on loopback, for seconds
	stopped := make(chan error, 1)
	close(ready)
	go func() { stopped <- s.Serve(l) }()
	<-ctx.Done()
	err := s.Close()
	if served := <-stopped; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// longestAnswer is the most that the bare handler answers.
const longestAnswer = 16 << 10

func hello(answer []byte) http.HandlerFunc {
	for i := range answer {
		answer[i] = ' '
	}
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Path[1:])
		if err != nil || n < 0 || n > len(answer) {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(n))
		_, _ = w.Write(answer[:n]) // the generator notices a short answer
	}
}
