package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/provider/register"
)

func (c *cli) clientsCreate() *cobra.Command {
	var (
		m      *metadataFlags
		secret *secretFlags
		id     string
		weak   bool
	)
	cmd := c.verb("create [flags]", "Register a client; the secret is printed once", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		if m.file == "-" && secret.stdin {
			return usagef("--file - and --secret-stdin both read standard input")
		}
		doc, err := m.document(c)
		if err != nil {
			return err
		}
		if err := m.apply(c, &doc.ClientMetadata); err != nil {
			return err
		}
		o := register.Options{ClientID: doc.ClientID, Secret: doc.ClientSecret, Disabled: doc.Disabled, Actor: registrant()}
		if chosen, given, err := secret.read(c.Stdin); err != nil {
			return err
		} else if given {
			o.Secret = chosen
		}
		if id != "" {
			o.ClientID = id
		}
		doc.WeakSecret = doc.WeakSecret || weak
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			if err := m.applyAllowed(ctx, a, &doc.ClientMetadata); err != nil {
				return err
			}
			g, err := a.Registrar.Create(ctx, doc.ClientMetadata, o)
			if err != nil {
				return err
			}
			return c.showRegistered(g)
		})
	})
	m, secret = addMetadata(cmd), addSecret(cmd, "secret", "a secret that you chose, at least 32 characters")
	cmd.Flags().StringVar(&id, "id", "", "client_id (default: a random one)")
	cmd.Flags().BoolVar(&weak, "weak-secret", false, "jedan_weak_secret: take a chosen secret of fewer than 32 characters")
	cmd.Long = "Register a client and print the registration as JSON (RFC 7591 names). A secret is generated unless one is given, and printed this once.\n" +
		"Left out, the grant type is authorization_code, the response type code, the authentication client_secret_basic, the scope openid profile email."
	cmd.Example = "  jedan-auth clients create --name \"Acme Files\" --redirect-uri https://files.acme.example/callback\n" +
		"  jedan-auth clients create --public --application-type native --redirect-uri com.acme.files:/callback\n" +
		"  jedan-auth clients create --grant-type client_credentials --scope orders:read --resource https://api.acme.example\n" +
		"  jedan-auth clients create --file client.json --id acme-files"
	return cmd
}
