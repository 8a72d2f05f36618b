package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) groups() *cobra.Command {
	return group("groups", "Groups of people and of other groups: create, list, show, update, delete, add, remove",
		c.groupsCreate(), c.groupsList(), c.groupsShow(), c.groupsUpdate(), c.groupsDelete(), c.groupsAdd(), c.groupsRemove())
}

// groupView is a group as it is printed.
type groupView struct {
	Name      string    `json:"name"`
	Title     string    `json:"title"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	Groups []string     `json:"groups,omitempty"` // that lie within it
	People []storage.ID `json:"people,omitempty"` // who were put into it
}

func groupOf(g *storage.Group) groupView {
	return groupView{Name: g.Name, Title: g.Title, CreatedAt: moment(g.CreatedAt), UpdatedAt: moment(g.UpdatedAt)}
}

// groupVerb is a command about one group.
func (c *cli) groupVerb(use, short string, args cobra.PositionalArgs, run func(ctx context.Context, a *app.App, g *storage.Group, rest []string) error) *cobra.Command {
	return c.verb(use, short, args, func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			g, err := a.Groups.ByName(ctx, args[0])
			if err != nil {
				return err
			}
			return run(ctx, a, g, args[1:])
		})
	})
}

func (c *cli) groupsCreate() *cobra.Command {
	var title string
	cmd := c.verb("create NAME [flags]", "Create a group", cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			g, err := a.Groups.Create(ctx, args[0], title, person())
			if err != nil {
				return err
			}
			return c.show(groupOf(g))
		})
	})
	cmd.Flags().StringVar(&title, "title", "", "what it is called for people")
	cmd.Long = "Create a group. NAME is what clients get in the groups claim; it is never changed: 1 to 64 letters, digits and . _ / : - of ASCII."
	cmd.Example = "  jedan-auth groups create staff --title \"Everybody at Acme\""
	return cmd
}

func (c *cli) groupsList() *cobra.Command {
	var p *pageFlags
	cmd := c.verb("list [flags]", "List groups", cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			out := []groupView{}
			fetch := func(ctx context.Context, after storage.ID, limit int) ([]storage.Group, error) {
				return a.DB.Groups(ctx, a.Tenant, after, limit)
			}
			err := each(ctx, c, p, fetch, func(g *storage.Group) storage.ID { return g.ID }, func(g *storage.Group) (bool, error) {
				out = append(out, groupOf(g))
				return true, nil
			})
			if err != nil {
				return err
			}
			return c.list(out, "name", "title", "created_at")
		})
	})
	p = addPage(cmd)
	return cmd
}

func (c *cli) groupsShow() *cobra.Command {
	var limit int
	cmd := c.groupVerb("show NAME [flags]", "Show a group, what lies within it and who is in it", cobra.ExactArgs(1),
		func(ctx context.Context, a *app.App, g *storage.Group, _ []string) error {
			if limit < 1 {
				return usagef("--limit must be 1 or more")
			}
			v := groupOf(g)
			names, people, err := a.Groups.Members(ctx, g, storage.ID{}, limit+1)
			if err != nil {
				return err
			}
			if len(people) > limit {
				people = people[:limit]
				c.note("There are more people than %d: give a higher --limit", limit)
			}
			slices.Sort(names)
			v.Groups, v.People = names, people
			return c.show(v)
		})
	cmd.Flags().IntVar(&limit, "limit", 1000, "print at most so many people")
	return cmd
}

func (c *cli) groupsUpdate() *cobra.Command {
	var title string
	cmd := c.groupVerb("update NAME --title T", "Change a group's title", cobra.ExactArgs(1), func(ctx context.Context, a *app.App, g *storage.Group, _ []string) error {
		g, err := a.Groups.Retitle(ctx, g, title, person())
		if err != nil {
			return err
		}
		return c.show(groupOf(g))
	})
	cmd.Flags().StringVar(&title, "title", "", "what it is called for people")
	_ = cmd.MarkFlagRequired("title") //nolint:errcheck // the flag was just added
	return cmd
}

func (c *cli) groupsDelete() *cobra.Command {
	cmd := c.groupVerb("delete NAME", "Delete a group with every membership", cobra.ExactArgs(1), func(ctx context.Context, a *app.App, g *storage.Group, _ []string) error {
		if err := a.Groups.Delete(ctx, g, person()); err != nil {
			return err
		}
		return c.show(deleted{ID: g.Name, Deleted: true})
	})
	cmd.Long = "Delete a group with every membership. A client that allows only this group lets nobody in until its registration is changed."
	return cmd
}

// members are the people and groups of a command about memberships.
type members struct{ people, groups []string }

func addMembers(cmd *cobra.Command) *members {
	m := &members{}
	cmd.Flags().StringArrayVar(&m.people, "user", nil, "a person; repeat the flag for more. "+whom)
	cmd.Flags().StringArrayVar(&m.groups, "group", nil, "name of a group whose people belong to it too; repeat the flag for more")
	cmd.MarkFlagsOneRequired("user", "group")
	return m
}

// each calls for every person and group; all of them must exist before anything changes.
func (m *members) each(ctx context.Context, a *app.App, onPerson func(ctx context.Context, id storage.ID) error, onGroup func(ctx context.Context, g *storage.Group) error) error {
	var people []storage.ID
	for _, who := range m.people {
		p, err := findPerson(ctx, a, who)
		if err != nil {
			return err
		}
		people = append(people, p.ID)
	}
	var within []*storage.Group
	for _, name := range m.groups {
		g, err := a.Groups.ByName(ctx, name)
		if err != nil {
			return err
		}
		within = append(within, g)
	}
	return a.DB.InTx(ctx, func(ctx context.Context) error {
		for _, id := range people {
			if err := onPerson(ctx, id); err != nil {
				return err
			}
		}
		for _, g := range within {
			if err := onGroup(ctx, g); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *cli) groupsAdd() *cobra.Command {
	var m *members
	cmd := c.groupVerb("add NAME [flags]", "Put people and groups into a group", cobra.ExactArgs(1), func(ctx context.Context, a *app.App, g *storage.Group, _ []string) error {
		return m.each(ctx, a,
			func(ctx context.Context, id storage.ID) error {
				_, err := a.Groups.AddPerson(ctx, g, id, person())
				return err
			},
			func(ctx context.Context, child *storage.Group) error {
				_, err := a.Groups.AddGroup(ctx, g, child, person())
				return err
			})
	})
	m = addMembers(cmd)
	cmd.Example = "  jedan-auth groups add staff --user maria@example.org --group engineering"
	return cmd
}

func (c *cli) groupsRemove() *cobra.Command {
	var m *members
	cmd := c.groupVerb("remove NAME [flags]", "Take people and groups out of a group", cobra.ExactArgs(1), func(ctx context.Context, a *app.App, g *storage.Group, _ []string) error {
		return m.each(ctx, a,
			func(ctx context.Context, id storage.ID) error {
				_, err := a.Groups.RemovePerson(ctx, g, id, person())
				return err
			},
			func(ctx context.Context, child *storage.Group) error {
				_, err := a.Groups.RemoveGroup(ctx, g, child, person())
				return err
			})
	})
	m = addMembers(cmd)
	return cmd
}

// applyAllowed writes who may use a client, if the flag says so. A group must exist; a person is written down by subject.
func (m *metadataFlags) applyAllowed(ctx context.Context, a *app.App, md *storage.ClientMetadata) error {
	if !m.cmd.Flags().Changed("allow") {
		return nil
	}
	if slices.Equal(m.allow, []string{"everybody"}) {
		md.Allowed = nil
		return nil
	}
	md.Allowed = []string{}
	if slices.Equal(m.allow, []string{"nobody"}) {
		return nil
	}
	for _, s := range m.allow {
		name, err := allowed(ctx, a, s)
		if err != nil {
			return err
		}
		md.Allowed = append(md.Allowed, name)
	}
	return nil
}

func allowed(ctx context.Context, a *app.App, s string) (string, error) {
	if name, ok := strings.CutPrefix(s, core.AllowedGroup); ok {
		g, err := a.Groups.ByName(ctx, name)
		if err != nil {
			return "", err
		}
		return core.AllowedGroup + g.Name, nil
	}
	who, ok := strings.CutPrefix(s, core.AllowedPerson)
	if !ok {
		return "", usagef("--allow takes group:NAME, person:USER, everybody or nobody")
	}
	p, err := findPerson(ctx, a, who)
	if err != nil {
		return "", err
	}
	return core.AllowedPerson + p.Subject, nil
}
