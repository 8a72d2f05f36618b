package ciba

import (
	"context"
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// checkOneHint: a request names its person in exactly one way (section 7.1).
func checkOneHint(_ context.Context, r *request) error {
	n := 0
	for _, name := range []string{"login_hint_token", "id_token_hint", "login_hint"} {
		if r.get(name) != "" {
			n++
		}
	}
	if n != 1 {
		return core.InvalidRequest("Exactly one of login_hint and id_token_hint is needed.", "one hint", "none or several")
	}
	if r.get("login_hint_token") != "" {
		return core.InvalidRequest("The login_hint_token is not supported.", "login_hint or id_token_hint", "login_hint_token")
	}
	return nil
}

// checkHint finds the person. Somebody who may not sign in is nobody.
func checkHint(ctx context.Context, r *request) (err error) {
	if hint := r.get("id_token_hint"); hint != "" {
		r.person, err = r.byToken(ctx, hint)
	} else {
		r.person, err = r.byName(ctx, r.get("login_hint"))
	}
	if err == nil && r.person.State != storage.PersonActive {
		err = unknownUser()
	}
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) {
		err = unknownUser()
	}
	return err
}

// unknownUser is section 13's unknown_user_id, the same for everybody who cannot be asked.
func unknownUser() error {
	return core.Refuse(problem("unknown_user_id"), "The hint names nobody who can be asked.", "somebody who may sign in", "nobody")
}

func (r *request) byName(ctx context.Context, hint string) (*storage.Person, error) {
	if len(hint) > maxHintSize {
		return nil, unknownUser()
	}
	return r.e.d.People.PersonByIdentifier(ctx, r.e.d.Tenant, hint)
}

// byToken takes only ID tokens of ours that were issued to this client; expired ones too. A pairwise sub is found again by the session that it was
// issued in.
func (r *request) byToken(ctx context.Context, hint string) (*storage.Person, error) {
	d := &r.e.d
	h, err := core.ReadIDTokenHint(d.Signer, d.Issuer, hint)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(h.Audience, r.client.ClientID) {
		return nil, core.InvalidRequest("The id_token_hint was not issued to this client.", "an ID token of this client", "another's")
	}
	if r.client.Sector == "" {
		return d.Store.PersonBySubject(ctx, d.Tenant, h.Subject)
	}
	id, err := storage.ParseID(h.Session)
	if err != nil {
		return nil, unknownUser()
	}
	s, err := d.Store.SessionByID(ctx, d.Tenant, id)
	if err != nil {
		return nil, err
	}
	p, err := d.Store.PersonByID(ctx, d.Tenant, s.Person)
	if err == nil && d.Subjects.Of(r.client, p) != h.Subject {
		err = unknownUser()
	}
	return p, err
}

// checkPermitted bothers nobody with a client that they may not use (section 13).
func checkPermitted(ctx context.Context, r *request) error {
	ok, err := r.e.d.Live.Permitted(ctx, r.client, r.person)
	if err == nil && !ok {
		err = core.NotPermitted()
	}
	return err
}

// checkAllowance bounds how often one client may bother one person who does not want it.
func checkAllowance(_ context.Context, r *request) error {
	key := allowance(r.client.ID, r.person.ID)
	if ok, wait := r.e.unasked.Allow(key); !ok {
		return core.TooManyWaiting(errs.New(errs.Throttled, "").After(wait))
	}
	r.counted = key
	return nil
}

func allowance(client, person storage.ID) string { return string(client[:]) + string(person[:]) }
