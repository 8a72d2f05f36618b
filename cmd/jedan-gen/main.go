package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/jedan-auth/jedan-auth/cmd/jedan-auth/cli"
	"github.com/jedan-auth/jedan-auth/internal/app"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail when a file is not what would be written")
	root := flag.String("root", ".", "folder of the repository")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "jedan-gen:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	files, err := generate()
	if err != nil {
		return err
	}
	if check {
		return compare(root, files)
	}
	return write(root, files)
}

// generate returns every generated file by its path in the repository.
func generate() (map[string]string, error) {
	configuration, err := configurationReference(app.Config{})
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"docs/reference/configuration.md": configuration,
		"docs/reference/cli.md":           commandReference(cli.Root()),
	}, nil
}
