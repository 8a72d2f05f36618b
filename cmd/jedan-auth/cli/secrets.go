package cli

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

const maxSecretFile = 64 << 10 // bytes

// secretFlags read one secret from standard input or a file.
type secretFlags struct {
	name  string
	stdin bool
	file  string
}

// addSecret adds --NAME-stdin and --NAME-file.
func addSecret(cmd *cobra.Command, name, what string) *secretFlags {
	s := &secretFlags{name: name}
	cmd.Flags().BoolVar(&s.stdin, name+"-stdin", false, "read "+what+" from standard input")
	cmd.Flags().StringVar(&s.file, name+"-file", "", "read "+what+" from a `file`")
	return s
}

// read returns the secret, or given false when neither flag was. One line end after it is not part of it.
func (s *secretFlags) read(in io.Reader) (secret string, given bool, err error) {
	switch {
	case s.stdin && s.file != "":
		return "", false, usagef("--%[1]s-stdin and --%[1]s-file cannot both be given", s.name)
	case s.stdin:
		secret, err = readSecret("--"+s.name+"-stdin", in)
	case s.file != "":
		secret, err = readSecretFile("--"+s.name+"-file", s.file)
	default:
		return "", false, nil
	}
	return secret, err == nil, err
}

func readSecretFile(flag, path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", err
	}
	secret, err := readSecret(flag, f)
	return secret, errors.Join(err, f.Close())
}

func readSecret(flag string, r io.Reader) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxSecretFile+1))
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	switch {
	case text == "":
		return "", usagef("%s gives nothing", flag)
	case len(raw) > maxSecretFile:
		return "", usagef("%s gives more than a secret can be", flag)
	}
	return text, nil
}

// readFile reads a document that the operator wrote; "-" is standard input.
func (c *cli) readFile(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(c.Stdin, 1<<20))
	}
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, 1<<20))
	return raw, errors.Join(err, f.Close())
}
