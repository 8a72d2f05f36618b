package samlidp

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/flow"
	"github.com/jedan-auth/jedan-auth/internal/samlxml"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Asked is what a screen may show of a flow.
type Asked struct {
	App     *App
	Scopes  []string // what is released, in the words of scopes; also "claim:NAME"
	Host    string   // of the address that gets the answer
	Binding string   // what a person saw of the application when consenting
}

// Owns says whether a flow is of this endpoint.
func Owns(fl *flow.Flow) bool { return fl.Client != "" && fl.Params.Get(flow.Page) == ssoPath }

// View judges a flow again and says what is asked, for the consent screen.
func (e *Endpoint) View(ctx context.Context, fl *flow.Flow) (*Asked, error) {
	v := &visit{e: e, flow: fl}
	if err := samlxml.Judge(ctx, v, rowsKept()); err != nil {
		if no, ok := errors.AsType[*samlxml.Refusal](err); ok {
			err = errs.Wrap(errs.Invalid, "This application is not registered here any more.", no)
		}
		return nil, err
	}
	return &Asked{App: v.app, Scopes: v.app.asked(), Host: host(v.acs), Binding: v.app.binding(v.acs)}, nil
}

// Permitted reports whether somebody is among those who may use the application.
func (e *Endpoint) Permitted(ctx context.Context, a *App, p *storage.Person) (bool, error) {
	return e.d.Live.Permitted(ctx, a.client(), p)
}

// Host is where the application lives, as far as its address says.
func (a *App) Host() string { return host(a.consumer()) }

// StartPath is where people begin here, below the issuer.
func (a *App) StartPath() string { return ssoPath + "?" + url.Values{"sp": {a.Row.Name}}.Encode() }

// Client is the application as screens about clients show it.
func (a *App) Client() *core.Client { return a.client() }

// asked is what is released, in the words of scopes, which people are told in sentences.
func (a *App) asked() []string {
	var out []string
	put := func(scope string) {
		if !slices.Contains(out, scope) {
			out = append(out, scope)
		}
	}
	switch a.Settings.NameIDFormat {
	case Email:
		put("email")
	case Username:
		put("profile")
	}
	for _, attr := range a.Settings.Attributes {
		if attr.Rule != "" {
			put("claim:" + word(attr))
			continue
		}
		put(scopeOf(attr.Claim))
	}
	if a.Settings.Groups != nil {
		put(core.ScopeGroups)
	}
	slices.Sort(out)
	return out
}

// word is an attribute's name where scopes are listed by spaces.
func word(a Attribute) string {
	if a.FriendlyName != "" {
		return url.PathEscape(a.FriendlyName)
	}
	return url.PathEscape(a.Name)
}

// scopeOf is the scope that a claim belongs to (OpenID Connect Core section 5.4).
func scopeOf(claim string) string {
	switch claim {
	case "email", "email_verified":
		return "email"
	case "phone_number", "phone_number_verified":
		return "phone"
	case "address":
		return "address"
	case "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender", "birthdate", "zoneinfo",
		"locale", "updated_at", "sub":
		return "profile"
	}
	return "claim:" + url.PathEscape(claim)
}

// binding is what a person saw of the application when consenting: another name or another host asks again (SE05).
func (a *App) binding(acs string) string { return a.Row.Title + "\n" + host(acs) }

func host(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Host
}
