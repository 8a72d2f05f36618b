package directory

import (
	"context"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// ByIdentifier finds a person by what they type: a mail address or a user name, in any spelling of the same canonical form. errs.NotFound for
// nobody, and for what cannot be an identifier at all, so that the two look alike.
func (d *Directory) ByIdentifier(ctx context.Context, tenant storage.ID, identifier string) (*storage.Person, error) {
	if len(identifier) > 2*maxEmail {
		return nil, nobody()
	}
	hashes := d.hashes(strings.TrimSpace(identifier))
	if len(hashes) == 0 {
		return nil, nobody()
	}
	return d.d.People.PersonByIndex(ctx, tenant, hashes...)
}

// hashes are the indexes to look for; user names never contain the sign of an address.
func (d *Directory) hashes(identifier string) [][]byte {
	if strings.ContainsRune(identifier, '@') {
		canonical, err := CanonicalEmail(identifier)
		if err != nil {
			return nil
		}
		return d.d.Ring.Indexes(table, columnEmail, []byte(canonical))
	}
	canonical, err := CanonicalUsername(identifier)
	if err != nil {
		return nil
	}
	return d.d.Ring.Indexes(table, columnUsername, []byte(canonical))
}

// free refuses an identifier that another person holds under an older version of the index key. The newest version is the database's to refuse.
func (d *Directory) free(ctx context.Context, p *storage.Person, c Claims) error {
	for _, identifier := range []string{c.String(claimEmail), c.String(claimUsername)} {
		if identifier == "" {
			continue
		}
		hashes := d.hashes(identifier)
		if len(hashes) < 2 {
			continue
		}
		other, err := d.d.People.PersonByIndex(ctx, p.Tenant, hashes...)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if other.ID != p.ID {
			return errs.New(errs.Conflict, "This mail address or user name is taken.")
		}
	}
	return nil
}

func nobody() error { return errs.New(errs.NotFound, "There is no such person.") }

// Canonical is the one spelling by which an identifier is looked up, for whoever counts by it. What no account can have is itself.
func Canonical(identifier string) string {
	typed := strings.TrimSpace(identifier)
	canonical, err := CanonicalUsername(typed)
	if strings.ContainsRune(typed, '@') {
		canonical, err = CanonicalEmail(typed)
	}
	if err != nil {
		return strings.ToLower(typed)
	}
	return canonical
}
