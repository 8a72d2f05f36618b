package register

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// maxSectorList is how large a list of a sector's redirect URIs may be, in bytes.
const maxSectorList = 256 << 10

// checkSubjectType: a pairwise subject needs one sector (OpenID Connect Core section 8.1).
func checkSubjectType(_ context.Context, c candidate) error {
	if err := oneOf("subject_type", c.SubjectType, []string{core.SubjectPublic, core.SubjectPairwise}); err != nil {
		return err
	}
	if c.SectorIdentifierURI != "" {
		if wrong := judgeURI(c.SectorIdentifierURI, publishedRules()); wrong != "" {
			return refuse("sector_identifier_uri", wrong)
		}
	}
	if c.SubjectType != core.SubjectPairwise {
		return nil
	}
	if _, ok := core.Sector(c.ClientMetadata); !ok {
		return refuse("sector_identifier_uri", "must be given for subject_type pairwise unless all redirect_uris are https on one host")
	}
	return nil
}

// checkSector fetches the sector's list and finds every redirect URI in it (OpenID Connect Registration section 5). It stands last: nothing is fetched
// for a registration that is refused anyway, nor when what was verified once does not change.
func checkSector(ctx context.Context, c candidate) error {
	const member = "sector_identifier_uri"
	uri := c.SectorIdentifierURI
	if uri == "" || c.old != nil && c.old.SectorIdentifierURI == uri && within(c.RedirectURIs, c.old.RedirectURIs) {
		return nil
	}
	doc, err := c.r.d.Fetch.Get(ctx, fetch.Request{URL: uri, MaxBytes: maxSectorList})
	if err != nil || doc.Status != http.StatusOK {
		return refuse(member, "cannot be fetched: it must answer with status 200, without a redirect, at an address that this server may ask")
	}
	var listed []string
	if json.Unmarshal(doc.Body, &listed) != nil {
		return refuse(member, "must name a JSON list of redirect URIs")
	}
	if !within(c.RedirectURIs, listed) {
		return refuse(member, "must name a list that has every one of redirect_uris")
	}
	return nil
}

func within(list, all []string) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !slices.Contains(all, s) })
}

// checkKeyReference: keys are registered by value or by reference, never both (RFC 7591 section 2).
func checkKeyReference(_ context.Context, c candidate) error {
	if c.JWKSURI == "" {
		return nil
	}
	if len(c.JWKS) > 0 {
		return refuse("jwks_uri", "must not be given together with jwks")
	}
	return refuse("jwks_uri", judgeURI(c.JWKSURI, publishedRules()))
}
