package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) usersShow() *cobra.Command {
	return c.personVerb("show USER", "Show a person with their claims and second factors", func(ctx context.Context, a *app.App, p *storage.Person) error {
		return c.showPerson(ctx, a, p)
	})
}

func (c *cli) showPerson(ctx context.Context, a *app.App, p *storage.Person) error {
	claims, err := a.Directory.Claims(p)
	if err != nil {
		return err
	}
	v := viewOf(p)
	v.Claims = claims
	second, err := c.factorsOf(ctx, a, p)
	if err != nil {
		return err
	}
	v.factorsView = &second
	return c.show(v)
}
