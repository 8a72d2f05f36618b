package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/provider/register"
)

// World is what a process has: everything that a command reads or writes outside the database.
type World struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Environ        []string         // as os.Environ
	Version        string           // of this build
	Now            func() time.Time // nil: time.Now
}

// Exit codes.
const (
	done    = 0
	refused = 1
	misused = 2
)

// cli carries one run.
type cli struct {
	World
	flags   globals
	running bool // a verb has begun: what fails from here on is refused, not misused
}

// globals are the flags of every command.
type globals struct {
	config, data, database, databaseFile, output string
}

// Run runs the command that args name and returns the exit code.
func Run(ctx context.Context, args []string, w World) int {
	c := newCLI(w)
	root := c.root()
	root.SetArgs(args)
	return c.exit(root.ExecuteContext(ctx))
}

// Root is the tree of commands, for the reference.
func Root() *cobra.Command {
	return newCLI(World{Stdin: eof{}, Stdout: io.Discard, Stderr: io.Discard}).root()
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

func newCLI(w World) *cli {
	if w.Now == nil {
		w.Now = time.Now
	}
	return &cli{World: w}
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "jedan-auth",
		Short: "OAuth 2.1 and OpenID Connect provider",
		Long: "jedan-auth signs people in, asks for consent, issues tokens and answers relying parties and resource servers.\n" +
			"Exit codes: 0 done, 1 refused, 2 wrong usage.",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetIn(c.Stdin)
	root.SetOut(c.Stdout)
	root.SetErr(c.Stderr)
	root.CompletionOptions.DisableDefaultCmd = true
	f := root.PersistentFlags()
	f.StringVar(&c.flags.config, "config", "", "configuration `file`; otherwise JEDAN_CONFIG, or ./"+defaultConfig+" if there is one")
	f.StringVar(&c.flags.data, "data", "", "data `folder` (default ./data)")
	f.StringVar(&c.flags.database, "database", "", "database `URL`: sqlite:PATH or postgres://… without a password")
	f.StringVar(&c.flags.databaseFile, "database-file", "", "`file` that holds the database URL, password included")
	f.StringVar(&c.flags.output, "output", "", "table, json or yaml")
	for _, verb := range c.verbs() {
		root.AddCommand(verb)
	}
	return root
}

// verbs are the commands, in the order of the surface.
func (c *cli) verbs() []*cobra.Command {
	return []*cobra.Command{
		c.serve(), c.initialise(), c.users(), c.clients(), c.resources(), c.groups(), c.connectors(), c.samlApps(), c.grants(), c.consents(), c.keys(), c.outbox(), c.audit(), c.security(), c.migrate(), c.doctor(),
		c.conformance(), c.version(), c.completion(),
	}
}

// group is a command that only holds others.
func group(use, short string, verbs ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usagef("there is no command %s %s", cmd.CommandPath(), strconv.Quote(args[0]))
		}
		return usagef("%s needs one of its commands", cmd.CommandPath())
	}}
	g.AddCommand(verbs...)
	return g
}

// verb is a command that does something.
func (c *cli) verb(use, short string, args cobra.PositionalArgs, run func(cmd *cobra.Command, args []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: args, DisableFlagsInUseLine: true, RunE: func(cmd *cobra.Command, args []string) error {
		if err := c.checkOutput(); err != nil {
			return err
		}
		c.running = true
		return run(cmd, args)
	}}
}

// note tells the operator something that is no result.
func (c *cli) note(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Stderr, format+"\n", args...) // when nobody can be told, nobody can be told that either
}

// actorID names the operator by number: events hold no names.
func actorID() string { return "uid-" + strconv.Itoa(os.Getuid()) }

func person() directory.Actor { return directory.Actor{Kind: audit.Operator, ID: actorID()} }

func registrant() register.Actor { return register.Actor{Kind: audit.Operator, ID: actorID()} }
