package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	databases []string
	only      string
	profile   string
	out       string
	postgres  string // DSN with the right to create databases
	runs      int
	conns     int
	length    time.Duration
	step      string // the one scenario to run when told (compare)
	against   string // another build of this program, to be measured in turn with this one
	child     childOptions
}

// postgresEnv names a PostgreSQL with rights to create databases, as the tests do.
const postgresEnv = "JEDAN_TEST_POSTGRES"

func main() { os.Exit(run()) }

func run() int {
	o, err := parse(os.Args[1:])
	if err != nil {
		return 2 // the flag package has said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.child.role != "" {
		err = o.child.run(ctx)
	} else if o.against != "" {
		err = compare(ctx, o, os.Stdout)
	} else {
		err = bench(ctx, o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "jedan-bench:", err)
		return 1
	}
	return 0
}

func parse(args []string) (options, error) {
	var o options
	var dbs string
	f := flag.NewFlagSet("jedan-bench", flag.ContinueOnError)
	f.StringVar(&dbs, "db", "sqlite", "databases to measure on: sqlite, postgres, or both with a comma")
	f.StringVar(&o.only, "only", "", "run the scenarios whose name contains this; writes no document")
	f.StringVar(&o.profile, "profile", "", "folder for CPU and allocation profiles of the server, one pair per scenario, from an extra run")
	f.StringVar(&o.out, "out", "docs/benchmarks.md", "document to write after a whole run; empty: none")
	f.StringVar(&o.postgres, "postgres", os.Getenv(postgresEnv), "PostgreSQL with the right to create databases (environment: "+postgresEnv+")")
	f.IntVar(&o.runs, "runs", 5, "interleaved runs; the median counts")
	f.IntVar(&o.conns, "conns", 32, "connections of the closed loop")
	f.DurationVar(&o.length, "length", 2*time.Second, "length of one run")
	f.StringVar(&o.step, "step", "", "internal: the scenario to run when told")
	f.StringVar(&o.against, "against", "", "an older build of this program: the server of this one and of that one are driven in turn, and their CPU times compared; writes no document")
	f.StringVar(&o.child.role, "child", "", "internal: what a child process does")
	f.StringVar(&o.child.data, "data", "", "internal: the child's data folder")
	f.StringVar(&o.child.issuer, "issuer", "", "internal: the child's issuer")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.databases = strings.Split(dbs, ",")
	for _, db := range o.databases {
		if db != sqlite && db != postgres {
			fmt.Fprintln(f.Output(), "-db takes sqlite and postgres")
			return o, flag.ErrHelp
		}
	}
	return o, nil
}

// bench measures on every database, prints and writes the document.
func bench(ctx context.Context, o options, w io.Writer) error {
	if err := pinSelf(); err != nil {
		return err
	}
	doc := newDocument(o)
	for _, db := range o.databases {
		part, err := measureOn(ctx, o, db, w)
		if err != nil {
			return fmt.Errorf("%s: %w", db, err)
		}
		doc.parts = append(doc.parts, part)
	}
	if o.only != "" || o.out == "" || o.step != "" {
		return nil
	}
	return doc.write(o.out)
}
