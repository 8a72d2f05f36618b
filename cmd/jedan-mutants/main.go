package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"

	"github.com/jedan-auth/jedan-auth/conformance/attacks"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "jedan-mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("jedan-mutants", flag.ContinueOnError)
	root := flags.String("root", ".", "the repository")
	page := flags.Bool("attacks", false, "write docs/attacks.md and nothing else")
	check := flags.Bool("check", false, "with -attacks: write nothing, fail when it is stale")
	only := flags.String("row", "", "only rows whose name matches; docs/mutants.md stays as it is")
	list := flags.Bool("list", false, "list the rows and their tests")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *page {
		return attackPage(*root, *check)
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	todo, err := plan(*root, match)
	if err != nil {
		return err
	}
	if *list {
		for _, m := range todo {
			fmt.Fprintf(out, "%s\t%s\t%s %s\n", m.row.Name, m.row.File, m.watch.Package, m.watch.Run())
		}
		return nil
	}
	results, err := runAll(ctx, *root, todo, out)
	if err != nil {
		return err
	}
	if *only == "" {
		if err := report(*root, results); err != nil {
			return err
		}
	}
	return verdict(results)
}

// attackPage writes or checks docs/attacks.md.
func attackPage(root string, check bool) error {
	r, err := os.OpenRoot(root)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	page, missing, err := attacks.Page(r.FS())
	if err != nil {
		return err
	}
	if check {
		have, err := r.ReadFile(attacks.PageFile)
		if err != nil {
			return err
		}
		if string(have) != page {
			return errors.New(attacks.PageFile + " is stale: run go run ./cmd/jedan-mutants -attacks")
		}
	} else if err := r.WriteFile(attacks.PageFile, []byte(page), 0o644); err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("neither tested nor explained: %v", missing)
	}
	return nil
}
