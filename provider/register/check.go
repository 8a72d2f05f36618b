package register

import (
	"context"

	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// rows is the table of what may be registered, new or changed, before the rules of every registration judge it.
func rows() []core.Row[attempt] {
	return []core.Row[attempt]{
		{Name: "registration.document", Check: checkDocument},
		{Name: "registration.same_id", Check: checkSameID},
		{Name: "registration.same_secret", Check: checkSameSecret},
		{Name: "registration.statement", Check: checkStatement},
		{Name: "registration.metadata", Check: checkMetadata},
		{Name: "registration.policy", Check: checkPolicy},
	}
}

func checkDocument(_ context.Context, a *attempt) error {
	raw, err := a.body()
	if err == nil {
		a.given, err = strangers(raw)
	}
	return err
}

// checkSameID: a change names the client that it is about, and no other (RFC 7592 section 2.2). Who registers cannot choose a client_id.
func checkSameID(_ context.Context, a *attempt) error {
	if a.client != nil && text(a.given, "client_id") != a.client.ClientID {
		return refuse("client_id", "must be the client's own")
	}
	return nil
}

// checkSameSecret: a client may repeat its secret and cannot choose another (RFC 7592 section 2.2).
func checkSameSecret(_ context.Context, a *attempt) error {
	if _, there := a.given["client_secret"]; a.client == nil || !there {
		return nil
	}
	if !a.e.d.Registrar.hasThisSecret(a.client, text(a.given, "client_secret")) {
		return refuse("client_secret", "must be the client's present one, or left out")
	}
	return nil
}

// checkStatement lays what a trusted issuer vouches for over what the client says of itself (DR05).
func checkStatement(ctx context.Context, a *attempt) error {
	v, there := a.given["software_statement"]
	if !there || v == nil {
		if a.e.c.RequireStatement {
			return problem(CodeStatement, "software_statement", "must be given")
		}
		return nil
	}
	token, _ := v.(string)
	claims, err := a.e.statements.read(ctx, token)
	if err != nil {
		return err
	}
	a.statement, a.given = token, over(a.given, claims)
	return nil
}

func checkMetadata(_ context.Context, a *attempt) (err error) {
	a.metadata, err = metadataOf(a.given)
	a.metadata.SoftwareStatement = a.statement
	return err
}

// checkPolicy keeps privileges out of the hands of whoever asks (DR04).
func checkPolicy(_ context.Context, a *attempt) error {
	if a.client != nil {
		return a.fit(&a.client.Metadata)
	}
	err := a.fit(nil)
	a.metadata.Unvetted = a.initial == nil && a.statement == ""
	return err
}

func (a *attempt) fit(old *storage.ClientMetadata) error {
	if err := a.e.c.fit(&a.metadata, old); err != nil {
		return err
	}
	return a.e.d.Registrar.lower(&a.metadata)
}
