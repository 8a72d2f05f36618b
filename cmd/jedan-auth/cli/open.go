package cli

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
)

const (
	defaultConfig = "jedan-auth.yaml"
	configEnv     = "JEDAN_CONFIG"
)

// load reads the configuration; extra are values of further flags by key path.
func (c *cli) load(extra map[string]string) (app.Config, error) {
	flags := map[string]string{}
	for path, v := range extra {
		flags[path] = v
	}
	if c.flags.data != "" {
		flags["data"] = c.flags.data
	}
	database, err := c.database()
	if err != nil {
		return app.Config{}, err
	}
	if database != "" {
		flags["database"] = database
	}
	environ, named := c.environ()
	return app.Load(app.Sources{File: c.configFile(named), Environ: environ, Flags: flags})
}

// environ is the environment without the variable that this package reads itself.
func (c *cli) environ() (rest []string, config string) {
	for _, e := range c.Environ {
		if v, ok := strings.CutPrefix(e, configEnv+"="); ok {
			config = v
			continue
		}
		rest = append(rest, e)
	}
	return rest, config
}

// configFile is the file to read; "" is none.
func (c *cli) configFile(fromEnvironment string) string {
	switch {
	case c.flags.config != "":
		return c.flags.config
	case fromEnvironment != "":
		return fromEnvironment
	}
	if _, err := os.Stat(defaultConfig); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return defaultConfig
}

// database is the URL that the flags give. Arguments are seen by every process of the machine, so one with a password is refused, unrepeated.
func (c *cli) database() (string, error) {
	switch {
	case c.flags.database != "" && c.flags.databaseFile != "":
		return "", usagef("--database and --database-file cannot both be given")
	case c.flags.databaseFile != "":
		return readSecretFile("--database-file", c.flags.databaseFile)
	case c.flags.database != "" && mayHoldPassword(c.flags.database):
		return "", usagef("--database must not hold a password: use --database-file, or JEDAN_DATABASE in the environment")
	}
	return c.flags.database, nil
}

func mayHoldPassword(database string) bool {
	if strings.HasPrefix(database, "sqlite:") {
		return false
	}
	if strings.Contains(strings.ToLower(database), "password=") {
		return true
	}
	u, err := url.Parse(database)
	if err != nil {
		return true
	}
	_, has := u.User.Password()
	return has
}

// withApp opens everything, runs f and closes it.
func (c *cli) withApp(cmd *cobra.Command, f func(ctx context.Context, a *app.App) error) error {
	cfg, err := c.load(nil)
	if err != nil {
		return err
	}
	return c.withConfig(cmd, cfg, f)
}

func (c *cli) withConfig(cmd *cobra.Command, cfg app.Config, f func(ctx context.Context, a *app.App) error) (err error) {
	log, err := telemetry.NewLogger(telemetry.LogConfig{Level: "warn"}, telemetry.LogDeps{Out: c.Stderr})
	if err != nil {
		return err
	}
	a, err := app.Open(cmd.Context(), cfg, app.Options{Log: log, Now: c.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return f(cmd.Context(), a)
}
