package exchange

import (
	"context"
	"net/url"
	"slices"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkPolicy: without a policy in the registration nothing may be exchanged, and never by a client that anybody can pose as.
func checkPolicy(_ context.Context, r *request) error {
	r.policy = r.Client.Metadata.TokenExchange
	if r.policy == nil || r.Client.Public() {
		return core.Refuse(fosite.ErrUnauthorizedClient, "The client may not exchange tokens.", "a confidential client with jedan_token_exchange", "another")
	}
	return nil
}

// checkParameters is RFC 8693 section 2.1.
func checkParameters(_ context.Context, r *request) error {
	f := r.Form
	types := []string{core.TokenTypeAccess, core.TokenTypeID, core.TokenTypeJWT}
	switch {
	case f.Get("subject_token") == "" || f.Get("subject_token_type") == "":
		return core.InvalidRequest("The subject_token or its subject_token_type is missing.", "both", "fewer")
	case !slices.Contains(types, f.Get("subject_token_type")):
		return core.InvalidRequest("The subject_token_type is not supported.", "access_token, id_token or jwt", "another")
	case (f.Get("actor_token") == "") != (f.Get("actor_token_type") == ""):
		return core.InvalidRequest("The actor_token and its actor_token_type go together.", "both or none", "one")
	case f.Get("actor_token") != "" && !slices.Contains(types, f.Get("actor_token_type")):
		return core.InvalidRequest("The actor_token_type is not supported.", "access_token, id_token or jwt", "another")
	case f.Get("requested_token_type") != "" && !slices.Contains([]string{core.TokenTypeAccess, core.TokenTypeJWT}, f.Get("requested_token_type")):
		return core.InvalidRequest("The requested_token_type is not supported.", "access_token or jwt", "another")
	}
	return nil
}

// checkSubject verifies the subject token: ours, or of an issuer that the registration names. An access token of another issuer is only taken as what it
// is by its form: a JWT.
func checkSubject(ctx context.Context, r *request) (err error) {
	token, kind := r.Form.Get("subject_token"), r.Form.Get("subject_token_type")
	if kind != core.TokenTypeAccess && r.g.Issuers.Foreign(token) {
		r.subject, err = r.g.readForeign(ctx, r, token)
	} else {
		r.subject, err = r.g.read(ctx, r.Client, token, kind)
	}
	return err
}

// checkSubjectClient: a client exchanges its own tokens, and those of others only where its registration names them and the token was meant for it: its
// audience is a resource of this client, or no resource at all.
func checkSubjectClient(ctx context.Context, r *request) error {
	s := r.subject
	if s.issuer != "" || s.client == r.Client.ClientID {
		return nil
	}
	if !slices.Contains(r.policy.SubjectClients, s.client) {
		return unacceptable("a token of this client, or of one that its registration names", "another client's")
	}
	others := false
	for _, aud := range r.g.foreign(s.audience) {
		res, err := r.g.Issuance.Resources.ByIdentifier(ctx, aud)
		if errs.Is(err, errs.NotFound) { // no longer registered
			continue
		}
		if err != nil {
			return err
		}
		if res.Owner == r.Client.ID {
			return nil
		}
		others = true
	}
	if others {
		return unacceptable("a token for a resource of this client", "one for others")
	}
	return nil
}

// foreign leaves this server's own audiences out.
func (g *Grant) foreign(audience []string) []string {
	return slices.DeleteFunc(slices.Clone(audience), func(aud string) bool { return aud == g.Issuance.Issuer || aud == g.Issuance.Userinfo })
}

// checkSubjectKey: who exchanges a token that is bound to a key must hold the key.
func checkSubjectKey(_ context.Context, r *request) error { return held(r, r.subject) }

func checkActorKey(_ context.Context, r *request) error { return held(r, r.actor) }

func held(r *request, p *party) error {
	if p != nil && !r.Binding.Proves(p.cnf) {
		return unacceptable("proof of the key that the token is bound to", "another or none")
	}
	return nil
}

// checkActor verifies the actor token: issued to this client, about somebody who acts for themselves. Without one, a client that may only delegate is
// the actor itself: it has just proved who it is.
func checkActor(ctx context.Context, r *request) (err error) {
	token := r.Form.Get("actor_token")
	if token == "" {
		if r.policy.Delegation && !r.policy.Impersonation {
			r.actor = &party{sub: r.Client.ClientID, client: r.Client.ClientID, expires: r.subject.expires}
		}
		return nil
	}
	if r.actor, err = r.g.read(ctx, r.Client, token, r.Form.Get("actor_token_type")); err != nil {
		return err
	}
	if r.actor.client != r.Client.ClientID || r.actor.act != nil {
		return unacceptable("an actor's own token, issued to this client", "another")
	}
	return nil
}

// checkPermitted: a client gets nothing for, or by, somebody who may not use it.
func checkPermitted(ctx context.Context, r *request) error {
	for _, p := range []*party{r.subject, r.actor} {
		if p == nil || p.person == nil {
			continue
		}
		ok, err := r.g.Live.Permitted(ctx, r.Client, p.person)
		if err != nil {
			return err
		}
		if !ok {
			return unacceptable("somebody who may use the client", "another")
		}
	}
	return nil
}

// checkMode holds what is asked against the policy. Nobody acts for themselves.
func checkMode(_ context.Context, r *request) error {
	switch {
	case r.actor == nil && !r.policy.Impersonation:
		return unacceptable("a client that may impersonate", "another")
	case r.actor != nil && !r.policy.Delegation:
		return unacceptable("a client that may delegate", "another")
	case r.actor != nil && r.actor.kind() == r.subject.kind() && r.actor.id() == r.subject.id():
		return unacceptable("an actor other than the subject", "the same")
	}
	return nil
}

// checkMayAct: a subject token that says who may act for its subject is exchanged for nobody else (RFC 8693 section 4.4). Members that are not
// understood could say more about who that is.
func checkMayAct(_ context.Context, r *request) error {
	may := r.subject.mayAct
	if may == nil {
		return nil
	}
	actor := map[string]any{"iss": r.g.Tokens.Issuer(), "sub": r.Client.ClientID, "client_id": r.Client.ClientID}
	if r.actor != nil {
		actor["sub"], actor["client_id"] = r.actor.sub, r.actor.client
	}
	_, sub := may["sub"]
	_, client := may["client_id"]
	if !sub && !client {
		return unacceptable("may_act with a sub or client_id", "another")
	}
	for name, v := range may {
		if v != actor[name] {
			return unacceptable("the actor that may_act names", "another")
		}
	}
	return nil
}

// checkChain bounds how many actors a token names, and writes them down.
func checkChain(_ context.Context, r *request) (err error) {
	n := depth(r.subject.act)
	if r.actor != nil {
		n++
	}
	if n > maxChain {
		return unacceptable("at most four actors in a row", "more")
	}
	r.act, err = encodeAct(r.actor, r.subject.act)
	return err
}

// checkTarget wants every target in the policy (RFC 8693 section 2.2.2, RFC 8707 section 2). Named neither by resource nor by audience, they are the
// subject token's; a token without any is for this server alone.
func checkTarget(ctx context.Context, r *request) error {
	named := append(slices.Clone(r.Form["resource"]), r.Form["audience"]...)
	if named = slices.DeleteFunc(named, func(s string) bool { return s == "" }); len(named) == 0 {
		var err error
		if named, err = r.inherited(ctx); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(named, isConnector) {
		return r.upstreamTarget(named)
	}
	for _, id := range named {
		if u, err := url.Parse(id); err != nil || !u.IsAbs() || u.Fragment != "" {
			return core.InvalidTarget("A resource is an absolute URI without fragment.", "another text")
		}
		if !slices.Contains(r.policy.Audiences, id) {
			return core.InvalidTarget("The client may not exchange tokens for this target.", "another")
		}
		if !slices.Contains(r.targets, id) {
			r.targets = append(r.targets, id)
		}
	}
	return nil
}

// inherited are the resources that the subject token is for.
func (r *request) inherited(ctx context.Context) ([]string, error) {
	var out []string
	for _, aud := range r.g.foreign(r.subject.audience) {
		_, err := r.g.Issuance.Resources.ByIdentifier(ctx, aud)
		if err == nil {
			out = append(out, aud)
		} else if !errs.Is(err, errs.NotFound) {
			return nil, err
		}
	}
	return out, nil
}

// checkScope: never more than the subject token has and the client is registered for. offline_access means a refresh token, which there is none.
func checkScope(_ context.Context, r *request) error {
	most := slices.DeleteFunc(within(r.subject.scopes, r.Client.Scopes), func(s string) bool { return s == "offline_access" })
	asked := core.Words(r.Form.Get("scope"))
	if len(asked) == 0 {
		r.scopes = most
		return nil
	}
	r.scopes = within(asked, most)
	for _, s := range asked {
		if !slices.Contains(most, s) {
			return core.InvalidScope("scopes of the subject token that the client is registered for", "a wider one")
		}
	}
	return nil
}

// checkDetails narrows authorization_details to what the subject token has.
func checkDetails(_ context.Context, r *request) (err error) {
	r.details, err = core.NarrowDetails(r.Form.Get("authorization_details"), r.subject.details, r.targets)
	return err
}
