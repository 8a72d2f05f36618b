package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
)

// initialised is what init prints.
type initialised struct {
	Config    string `json:"config"`
	Written   bool   `json:"written"` // false: the file was there and stays as it is
	Data      string `json:"data"`
	SetupLink string `json:"setup_link,omitempty"`
}

func (c *cli) initialise() *cobra.Command {
	var (
		a    *addressFlags
		link bool
	)
	cmd := c.verb("init [flags]", "Write a commented configuration, and make data folder, database and keys", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		v, err := a.values()
		if err != nil {
			return err
		}
		return c.runInit(cmd, v, link)
	})
	a = addAddress(cmd)
	cmd.Flags().BoolVar(&link, "setup-link", false, "print a new one-time link that makes the first administrator; earlier ones end")
	cmd.Long = "Writes a configuration file with every key, its meaning and its default, unless the file exists, and makes what serve would make. The file is\n" +
		"the one --config names, or ./" + defaultConfig + ". Nothing is asked. Secrets are never written: give them by environment or file."
	return cmd
}

func (c *cli) runInit(cmd *cobra.Command, v map[string]string, link bool) error {
	out := initialised{Config: c.initTarget()}
	cfg, err := c.loadForInit(out.Config, v)
	if err != nil {
		return err
	}
	if out.Written, err = writeConfig(out.Config, cfg); err != nil {
		return err
	}
	if !out.Written && len(v) > 0 {
		c.note("%s exists and stays as it is: --listen and --issuer were not written.", out.Config)
	}
	if out.Written && cfg.Database != "" {
		c.note("The database is not written to %s, since it may hold a password: set JEDAN_DATABASE, or JEDAN_DATABASE_FILE.", out.Config)
	}
	out.Data = cfg.Data
	return c.withConfig(cmd, cfg, func(ctx context.Context, a *app.App) error {
		if link {
			if out.SetupLink, err = a.SetupLink(ctx); err != nil {
				return err
			}
		}
		return c.sayInitialised(out)
	})
}

// initTarget is the file that init writes.
func (c *cli) initTarget() string {
	_, named := c.environ()
	if file := c.configFile(named); file != "" {
		return file
	}
	return defaultConfig
}

// loadForInit reads the file if it is there; a file that is not there is what init is for.
func (c *cli) loadForInit(file string, v map[string]string) (app.Config, error) {
	if _, err := os.Stat(file); err == nil {
		c.flags.config = file
		return c.load(v)
	}
	c.flags.config = os.DevNull
	return c.load(v)
}

// writeConfig writes the file only if it is not there; written says which.
func writeConfig(path string, cfg app.Config) (written bool, err error) {
	text, err := config.Commented(cfg)
	if err != nil {
		return false, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = f.Write(text)
	return true, errors.Join(err, f.Close())
}

func (c *cli) sayInitialised(out initialised) error {
	if c.format(asTable) != asTable {
		return c.show(out)
	}
	text := fmt.Sprintf("Wrote %s.\n", out.Config)
	if !out.Written {
		text = fmt.Sprintf("%s was there already and stays as it is.\n", out.Config)
	}
	text += fmt.Sprintf("Database and keys are in %s. Keep a copy of master.key apart from the database: without it the database cannot be read.\n", out.Data)
	if out.SetupLink != "" {
		text += linkText(out.SetupLink)
	}
	_, err := c.Stdout.Write([]byte(text))
	return err
}
