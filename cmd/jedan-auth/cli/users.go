package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (c *cli) users() *cobra.Command {
	return group("users", "People: create, invite, list, show, update, lock, unlock, require, reset-mfa, recovery-link, sessions, export, erase",
		c.usersCreate(), c.usersInvite(), c.usersList(), c.usersShow(), c.usersUpdate(), c.usersLock(), c.usersUnlock(), c.usersRequire(), c.usersResetMFA(), c.usersRecoveryLink(), c.usersSessions(), c.usersExport(), c.usersErase())
}

// personView is a person as it is printed. Claims, name and identifier are personal data: they are set only where they were asked for.
type personView struct {
	ID         storage.ID          `json:"id"`
	Subject    string              `json:"sub"`
	State      storage.PersonState `json:"state"`
	Admin      bool                `json:"admin"`
	Password   bool                `json:"password"`           // has one
	Required   []string            `json:"required,omitempty"` // what an operator asks for before anything else
	Terms      *termsView          `json:"terms,omitempty"`
	CreatedAt  time.Time           `json:"created_at"`
	UpdatedAt  time.Time           `json:"updated_at"`
	Name       string              `json:"name,omitempty"`
	Identifier string              `json:"identifier,omitempty"`
	Claims     directory.Claims    `json:"claims,omitempty"`
	*factorsView
}

// termsView is what a person accepted last.
type termsView struct {
	Version    string     `json:"version"`
	AcceptedAt *time.Time `json:"accepted_at"`
}

func termsOf(p *storage.Person) *termsView {
	if p.TermsAt == nil {
		return nil
	}
	return &termsView{Version: p.TermsVersion, AcceptedAt: utc(p.TermsAt)}
}

func viewOf(p *storage.Person) personView {
	return personView{
		Required: p.Required, Terms: termsOf(p),
		ID: p.ID, Subject: p.Subject, State: p.State, Admin: p.Admin, Password: p.PasswordHash != "", CreatedAt: moment(p.CreatedAt), UpdatedAt: moment(p.UpdatedAt),
	}
}

// whom is how a person is named on the command line.
const whom = "USER is an id, a mail address, a user name, or a subject."

// findPerson finds a person by id, mail address, user name or subject, in this order.
func findPerson(ctx context.Context, a *app.App, who string) (*storage.Person, error) {
	if id, err := storage.ParseID(who); err == nil {
		return named(a.DB.PersonByID(ctx, a.Tenant, id))
	}
	p, err := a.Directory.ByIdentifier(ctx, a.Tenant, who)
	if errs.Is(err, errs.NotFound) && !strings.ContainsRune(who, '@') {
		p, err = a.DB.PersonBySubject(ctx, a.Tenant, who)
	}
	return named(p, err)
}

func named(p *storage.Person, err error) (*storage.Person, error) {
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Wrap(errs.NotFound, "There is no such person.", err)
	}
	return p, err
}

// personVerb is a command about one person.
func (c *cli) personVerb(use, short string, run func(ctx context.Context, a *app.App, p *storage.Person) error) *cobra.Command {
	cmd := c.verb(use, short, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		return c.withApp(cmd, func(ctx context.Context, a *app.App) error {
			p, err := findPerson(ctx, a, args[0])
			if err != nil {
				return err
			}
			return run(ctx, a, p)
		})
	})
	cmd.Long = short + ". " + whom
	return cmd
}
