package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/register"
)

// usageError is the operator's mistake on the command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// exit says what went wrong and returns the exit code.
func (c *cli) exit(err error) int {
	if err == nil {
		return done
	}
	_, usage := errors.AsType[*usageError](err)
	for line := range strings.Lines(sentence(err)) {
		c.note("jedan-auth: %s", printableLine(strings.TrimSpace(line)))
	}
	if usage || !c.running {
		c.note("See jedan-auth --help, and --help after each command.")
		return misused
	}
	return refused
}

// sentence is what the operator needs to know. Causes are shown where the message alone would not help: the operator owns the machine.
func sentence(err error) string {
	if problems, ok := errors.AsType[config.Problems](err); ok {
		return "the configuration is not usable:\n" + problems.Error()
	}
	if p, ok := register.AsProblem(err); ok {
		return p.Code + ": " + p.Error()
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Code == errs.Internal || e.Code == errs.Unavailable {
		return err.Error()
	}
	return errs.MessageOf(err)
}
