package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

func (c *cli) keysRotate() *cobra.Command {
	var all bool
	cmd := c.verb("rotate ALG… | --all", "Publish new signing keys, which sign once everybody can know them", cobra.ArbitraryArgs, func(cmd *cobra.Command, args []string) error {
		if all == (len(args) > 0) {
			return usagef("keys rotate needs algorithms such as ES256, or --all")
		}
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			known := slices.Concat(a.Config.Keys.Algorithms, a.Config.Keys.Encryption)
			if all {
				args = known
			}
			for _, alg := range args {
				if !slices.Contains(known, alg) {
					return usagef("the configuration keeps no key for this algorithm")
				}
			}
			for _, alg := range args {
				if err := a.Keys.Rotate(ctx, alg, actorID()); err != nil {
					return err
				}
			}
			return c.listKeys(ctx, a)
		})
	})
	cmd.Flags().BoolVar(&all, "all", false, "for every configured algorithm")
	cmd.Long = "Publish a new key for each algorithm, of signatures or of encryption (RSA-OAEP-256, ECDH-ES+A256KW). It signs, or takes the other's place, after keys.publish_ahead; the old key stays published until the last token it signed expired."
	return cmd
}
