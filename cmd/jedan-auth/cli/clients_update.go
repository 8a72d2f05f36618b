package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) clientsUpdate() *cobra.Command {
	var (
		m               *metadataFlags
		disable, enable bool
	)
	cmd := c.verb("update CLIENT_ID [flags]", "Change a client's registration", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().NFlag() == 0 {
			return usagef("clients update needs something to change")
		}
		ch, err := c.clientChange(m, args[0])
		if err != nil {
			return err
		}
		if disable || enable {
			ch.Disabled = &disable
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			allowed := storage.ClientMetadata{}
			if err := m.applyAllowed(ctx, a, &allowed); err != nil {
				return err
			}
			if rest := ch.Metadata; cmd.Flags().Changed("allow") {
				ch.Metadata = func(md *storage.ClientMetadata) error {
					err := rest(md)
					md.Allowed = allowed.Allowed
					return err
				}
			}
			g, err := a.Registrar.Update(ctx, args[0], ch)
			if err != nil {
				return err
			}
			return c.showRegistered(g)
		})
	})
	m = addMetadata(cmd)
	cmd.Flags().BoolVar(&disable, "disable", false, "the client may do nothing until it is enabled")
	cmd.Flags().BoolVar(&enable, "enable", false, "the client may work again")
	cmd.MarkFlagsMutuallyExclusive("disable", "enable")
	cmd.Long = "Change a client's registration and print it. With --file it is replaced as a whole (RFC 7592 section 2.2); flags alone change only what they\n" +
		"name, and an empty flag takes a value away. A client that begins to authenticate with a secret gets one, which is printed this once."
	return cmd
}

// clientChange is what file and flags ask for.
func (c *cli) clientChange(m *metadataFlags, clientID string) (register.Change, error) {
	ch := register.Change{Actor: registrant()}
	doc, err := m.document(c)
	switch {
	case err != nil:
		return ch, err
	case doc.ClientID != "" && doc.ClientID != clientID:
		return ch, usagef("the file is the registration of another client")
	case doc.ClientSecret != "":
		return ch, usagef("the file holds a client_secret, which update does not change: take it out, or use clients rotate-secret")
	}
	if m.file != "" {
		ch.Disabled = &doc.Disabled
	}
	ch.Metadata = func(md *storage.ClientMetadata) error {
		if m.file != "" {
			*md = doc.ClientMetadata
		}
		return m.apply(c, md)
	}
	return ch, nil
}
