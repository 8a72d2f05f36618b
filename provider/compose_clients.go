package provider

import (
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/logo"
	"github.com/jedan-auth/jedan-auth/provider/register"
)

// findClients makes what finds clients: those that are stored, and those that describe themselves if any host's may.
func (b *build) findClients() error {
	b.remote = core.NewFetchedKeys(b.d.Fetch, b.d.Now)
	b.clients = core.NewClients(b.d.Store, b.d.Feed, b.d.Tenant, b.remote)
	if len(b.d.Register.Documents) == 0 {
		return nil
	}
	described, err := register.NewDocuments(b.d.Register, b.d.Registrar, b.d.Fetch, b.d.Log, b.d.Now)
	if err != nil {
		return err
	}
	b.clients.WithDescriptions(described)
	return nil
}

// registration is the endpoints about clients: their logos, and their registrations if any may register themselves.
func (b *build) registration() ([]mounter, error) {
	out := []mounter{&logo.Endpoint{Clients: b.clients, Documents: b.d.Fetch}}
	if !b.d.Register.On() {
		return out, nil
	}
	e, err := register.NewEndpoint(b.d.Register, register.EndpointDeps{
		Registrar: b.d.Registrar, Issuer: b.d.Issuer, Keys: b.remote, Log: b.log, Now: b.d.Now,
	})
	return append(out, e), err
}
