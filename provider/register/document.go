package register

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Document is a registration as JSON (RFC 7591 section 3.2.1).
type Document struct {
	ClientID        string `json:"client_id,omitempty"`
	ClientSecret    string `json:"client_secret,omitempty"` // only where it has just been generated
	IssuedAt        int64  `json:"client_id_issued_at,omitempty"`
	SecretExpiresAt *int64 `json:"client_secret_expires_at,omitempty"` // 0: never; with a secret only
	storage.ClientMetadata
	Disabled bool `json:"jedan_disabled,omitempty"`
}

// Document is the registration with the secret, if it was generated just now.
func (g *Registered) Document() Document {
	d := DocumentOf(g.Client)
	d.ClientSecret = g.Secret
	return d
}

// DocumentOf is a stored registration.
func DocumentOf(c *storage.Client) Document {
	d := Document{ClientID: c.ClientID, IssuedAt: c.CreatedAt.Unix(), ClientMetadata: c.Metadata, Disabled: c.Disabled}
	if hasSecret(&c.Metadata) {
		d.SecretExpiresAt = new(int64)
	}
	return d
}

// ParseDocument reads a registration that an operator wrote, or one that Document printed. Unlike RFC 7591 section 2 it refuses members that it does
// not know: an operator's misspelt one would silently leave something out. errs.Invalid with a Problem.
func ParseDocument(raw []byte) (Document, error) {
	given, err := keys.DecodeClaims(raw) // one object, no name twice
	if err != nil {
		return Document{}, errs.Wrap(errs.Invalid, "The registration is not one well-formed JSON object of at most 64 KiB.", err)
	}
	known := names(reflect.TypeFor[Document]())
	for name := range given {
		if !known[name] {
			return Document{}, refuse(quoted(name), "is not a member of a registration")
		}
	}
	var d Document
	if err := json.Unmarshal(raw, &d); err != nil {
		member := "the registration"
		if t, ok := err.(*json.UnmarshalTypeError); ok { //nolint:errorlint // Unmarshal returns it bare
			member = strings.TrimLeft(t.Field, ".")
			for member != "" && member[0] >= 'A' && member[0] <= 'Z' { // the structs that members are embedded in
				_, member, _ = strings.Cut(member, ".")
			}
		}
		return Document{}, refuse(member, "has a value of the wrong type")
	}
	d.Denied = denied(given)
	return d, nil
}

// quoted repeats a name that somebody wrote only if it is one.
func quoted(name string) string {
	if name == "" || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_#-") != "" {
		return "a member"
	}
	return name
}

func names(t reflect.Type) map[string]bool {
	out := map[string]bool{}
	for f := range t.Fields() {
		if f.Anonymous {
			for name := range names(f.Type) {
				out[name] = true
			}
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
			out[name] = true
		}
	}
	return out
}
