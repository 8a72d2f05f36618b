package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/jedan-auth/jedan-auth/cmd/jedan-auth/cli"
)

// version is the release; the linker sets it (-X main.version=…).
var version = "dev"

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, os.Args[1:], cli.World{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ(), Version: version})
}
