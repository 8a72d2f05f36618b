package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/telemetry"
)

// addressFlags are the settings that serve and init take as flags.
type addressFlags struct {
	listen []string
	issuer string
}

func addAddress(cmd *cobra.Command) *addressFlags {
	a := &addressFlags{}
	cmd.Flags().StringSliceVar(&a.listen, "listen", nil, "`address` to listen on; may be repeated (default port 8080 on both loopbacks)")
	cmd.Flags().StringVar(&a.issuer, "issuer", "", "issuer `URL` (default http://localhost:8080)")
	return a
}

// values are the flags that were given, by key path.
func (a *addressFlags) values() (map[string]string, error) {
	v := map[string]string{}
	if a.issuer != "" {
		v["issuer"] = a.issuer
	}
	if len(a.listen) == 0 {
		return v, nil
	}
	list, err := json.Marshal(a.listen)
	v["listen"] = string(list)
	return v, err
}

func (c *cli) serve() *cobra.Command {
	var a *addressFlags
	var redis string
	cmd := c.verb("serve [flags]", "Run the server; the first start makes everything it needs", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		v, err := a.values()
		if err != nil {
			return err
		}
		if err := addRedis(v, redis); err != nil {
			return err
		}
		cfg, err := c.load(v)
		if err != nil {
			return err
		}
		return c.runServer(cmd.Context(), cfg)
	})
	a = addAddress(cmd)
	cmd.Flags().StringVar(&redis, "redis", "", "Redis or Valkey `URL` without a password, in which nodes count requests together")
	cmd.Long = "Runs the server until SIGTERM or SIGINT, then lets running requests finish. On an empty data folder it makes the database, the master key\n" +
		"(readable by its owner only) and the signing keys. While there is no administrator it prints a link that makes the first one, once.\n" +
		"The log goes to standard error."
	return cmd
}

// addRedis adds the flag's URL, unless it holds a password, which every process of the machine would see.
func addRedis(v map[string]string, redis string) error {
	if redis != "" && mayHoldPassword(redis) {
		return usagef("--redis must not hold a password: set JEDAN_REDIS or JEDAN_REDIS_FILE in the environment")
	}
	if redis != "" {
		v["redis"] = redis
	}
	return nil
}

func (c *cli) runServer(ctx context.Context, cfg app.Config) (err error) {
	log, err := telemetry.NewLogger(cfg.Log, telemetry.LogDeps{Out: c.Stderr, RequestID: httpx.ContextRequestID, Now: c.Now})
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, app.Options{Log: log, Now: c.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	var said error
	err = a.ServeReady(ctx, func(addresses []net.Addr, link string) { said = c.announce(cfg, addresses, link) })
	return errors.Join(err, said)
}

// readiness is what serve prints when it answers.
type readiness struct {
	Issuer    string   `json:"issuer"`
	Addresses []string `json:"addresses"`
	SetupLink string   `json:"setup_link,omitempty"`
}

func (c *cli) announce(cfg app.Config, addresses []net.Addr, link string) error {
	r := readiness{Issuer: cfg.Issuer, SetupLink: link}
	for _, a := range addresses {
		r.Addresses = append(r.Addresses, a.String())
	}
	if c.flags.output != "" && c.flags.output != asTable {
		return c.show(r)
	}
	text := fmt.Sprintf("Jedan-Auth is ready: %s, listening on %s\n", r.Issuer, strings.Join(r.Addresses, " and "))
	if link != "" {
		text += linkText(link)
	}
	_, err := c.Stdout.Write([]byte(text))
	return err
}

func linkText(link string) string {
	return "There is no administrator yet. This link makes the first one; it works once, for a day:\n\n  " + link + "\n\n"
}
