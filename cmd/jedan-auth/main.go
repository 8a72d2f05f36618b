// Command jedan-auth is an OAuth 2.1 and OpenID Connect provider and the tool that administers it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/jedan-auth/jedan-auth/cmd/jedan-auth/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, os.Args[1:], cli.World{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ()})
}
