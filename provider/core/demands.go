package core

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/cache"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// SignInDemands is what a resource wants of the sign-in behind a token (RFC 9470). The zero value wants nothing.
type SignInDemands struct {
	ACR    []string // classes of authentication, one of which must be met
	MaxAge int      // seconds since the sign-in; 0: any
}

// SignInDemandsOf reads them off a resource.
func SignInDemandsOf(r *storage.Resource) SignInDemands {
	return SignInDemands{ACR: r.ACRValues, MaxAge: r.MaxAge}
}

// Met reports whether a sign-in is good enough. A time that nobody knows is never recent.
func (d SignInDemands) Met(acr string, authTime, now time.Time) bool {
	if d.MaxAge > 0 && now.Sub(authTime) > time.Duration(d.MaxAge)*time.Second {
		return false
	}
	return len(d.ACR) == 0 || slices.ContainsFunc(d.ACR, func(class string) bool { return MeetsACR(acr, class) })
}

// InsufficientAuthentication is RFC 9470 section 3's challenge: with what it says the client sends the person to sign in again.
func InsufficientAuthentication(d SignInDemands) *Refusal {
	r := Refuse(protocolError("insufficient_user_authentication", http.StatusUnauthorized),
		"A more recent or stronger authentication of the person is needed.", "an authentication that the resource demands", "an older or weaker one")
	if len(d.ACR) > 0 {
		r.Challenge += `, acr_values="` + strings.Join(d.ACR, " ") + `"`
	}
	if d.MaxAge > 0 {
		r.Challenge += `, max_age="` + strconv.Itoa(d.MaxAge) + `"`
	}
	return r
}

// OwnDemands are the demands of a resource of this server itself, which need not be registered.
type OwnDemands struct {
	kept *cache.One[SignInDemands]
}

// NewOwnDemands reads the resource of the identifier, from memory where it may.
func NewOwnDemands(store storage.ResourceReader, feed *cache.Feed, tenant storage.ID, identifier string) *OwnDemands {
	return &OwnDemands{kept: cache.NewOne(feed, func(ctx context.Context) (SignInDemands, error) {
		r, err := store.ResourceByIdentifier(ctx, tenant, identifier)
		if errs.Is(err, errs.NotFound) {
			return SignInDemands{}, nil
		}
		if err != nil {
			return SignInDemands{}, err
		}
		return SignInDemandsOf(r), nil
	}, func(c storage.Change) bool { return c.Kind == storage.ChangeResource })}
}

// Get returns the demands as they stand.
func (o *OwnDemands) Get(ctx context.Context) (SignInDemands, error) {
	return o.kept.Get(ctx)
}
