package provider

import (
	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"

	"github.com/jedan-auth/jedan-auth/provider/authorize"
	"github.com/jedan-auth/jedan-auth/provider/checksession"
	"github.com/jedan-auth/jedan-auth/provider/ciba"
	"github.com/jedan-auth/jedan-auth/provider/clientcreds"
	"github.com/jedan-auth/jedan-auth/provider/code"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/provider/core/profiles"
	"github.com/jedan-auth/jedan-auth/provider/device"
	"github.com/jedan-auth/jedan-auth/provider/discovery"
	"github.com/jedan-auth/jedan-auth/provider/dpop"
	"github.com/jedan-auth/jedan-auth/provider/exchange"
	"github.com/jedan-auth/jedan-auth/provider/forwardauth"
	"github.com/jedan-auth/jedan-auth/provider/introspect"
	"github.com/jedan-auth/jedan-auth/provider/jar"
	"github.com/jedan-auth/jedan-auth/provider/jwtbearer"
	"github.com/jedan-auth/jedan-auth/provider/logo"
	"github.com/jedan-auth/jedan-auth/provider/logout"
	"github.com/jedan-auth/jedan-auth/provider/mtls"
	"github.com/jedan-auth/jedan-auth/provider/par"
	"github.com/jedan-auth/jedan-auth/provider/rar"
	"github.com/jedan-auth/jedan-auth/provider/refresh"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/provider/revoke"
	"github.com/jedan-auth/jedan-auth/provider/samlidp"
	"github.com/jedan-auth/jedan-auth/provider/token"
	"github.com/jedan-auth/jedan-auth/provider/userinfo"
	"github.com/jedan-auth/jedan-auth/storage"
)

// oauth2 composes fosite: the one list of its handlers that we use. Refresh, client credentials, introspection and revocation are ours.
func oauth2(c core.Config, issuer string, tokens *core.Tokens, redeem *core.Redeemer) fosite.OAuth2Provider {
	store, strategy := core.Parts(tokens, redeem)
	return compose.Compose(core.FositeConfig(c, issuer), store, strategy,
		compose.OAuth2AuthorizeExplicitFactory,
		compose.OAuth2AuthorizeImplicitFactory,
		compose.OpenIDConnectExplicitFactory,
		compose.OpenIDConnectImplicitFactory,
		compose.OpenIDConnectHybridFactory,
		compose.OAuth2PKCEFactory,
	)
}

// seenTokens is how many verified JWTs are remembered: about 1 KB each.
const seenTokens = 20_000

// build holds the parts that endpoints share while they are made.
type build struct {
	c        Config
	d        Deps
	log      core.RefusalLog
	clients  *core.Clients
	tokens   *core.Tokens
	redeem   *core.Redeemer
	engine   *core.Engine
	issuance *core.Issuance
	live     *core.Live
	verifier *core.Verifier
	people   *core.People
	counter  *core.Counter
	authn    *core.Authn
	subjects *core.Subjects
	remote   core.RemoteKeys
	par      *par.Endpoint
	issuers  *core.Issuers
	vouching *core.Vouching
	details  core.Details
	watch    *checksession.Endpoint // nil: there is no session management

	proofs       core.Proofs
	certificates core.Certificates
}

func newBuild(c Config, d Deps) (*build, error) {
	b := &build{c: c, d: d, log: core.RefusalLog{Log: d.Log}}
	if err := b.findClients(); err != nil {
		return nil, err
	}
	b.subjects = &core.Subjects{Tenant: d.Tenant, Ring: d.Ring}
	b.tokens = core.NewTokens(d.Issuer, d.Tenant, d.Keys, d.Ring, d.Now)
	b.redeem = &core.Redeemer{Grants: d.Store, Vault: d.Ring, Audit: d.Audit, Tokens: b.tokens, Now: d.Now, Meter: d.Meter}
	b.engine = core.NewEngine(oauth2(c, d.Issuer, b.tokens, b.redeem), b.redeem)
	b.issuance = &core.Issuance{
		Resources: core.NewResources(d.Store, d.Feed, d.Tenant), Config: c, Issuer: d.Issuer, Userinfo: d.Issuer + "/oauth2/userinfo", Now: d.Now,
	}
	b.live = core.NewLive(d.Store, b.clients, d.Groups, d.Feed, d.Tenant, d.Now)
	b.verifier = core.NewVerifier(b.tokens, b.live, seenTokens)
	b.people = core.NewPeople(d.Store, d.Directory, d.Groups, d.Feed, d.Tenant, d.Vocabulary)
	b.counter = core.NewCounter(d.Tenant, d.Store, d.Store, d.Audit, d.Log, d.Now)
	b.bindings()
	if d.Watched != nil {
		b.watch = &checksession.Endpoint{Browsers: d.Watched, Pages: d.Pages}
	}
	b.authn = &core.Authn{
		Clients: b.clients, Ring: d.Ring, Vault: d.Ring, Slow: d.Slow, Certificates: b.certificates, Replays: d.Store, Writer: d.Store, Audit: d.Audit,
		Now: d.Now, Tenant: d.Tenant, Issuer: d.Issuer, Alias: d.MTLS.URL, Config: c, Limits: d.Limits, Verdicts: b.log.Verdicts,
	}
	b.par = par.New(par.Deps{
		Tenant: d.Tenant, URL: d.Issuer + "/oauth2/par", Authn: b.authn, Proofs: b.proofs, Store: d.Store, Vault: d.Ring, Ring: d.Ring, Lifetime: c.PushedLifetime,
		CORS: b.clients.OriginAllowed, Log: b.log, Now: d.Now,
	})
	return b, b.trust()
}

// bindings makes what judges DPoP proofs and certificates. The endpoints are reached below the issuer and below the alias for mutual TLS.
func (b *build) bindings() {
	bases := []string{b.d.Issuer}
	if b.d.MTLS.URL != "" {
		bases = append(bases, b.d.MTLS.URL)
	}
	b.proofs = dpop.New(dpop.Deps{
		Replays: b.d.Store, Ring: b.d.Ring, Tenant: b.d.Tenant, Bases: bases, Skew: b.c.ClockSkew, Nonce: b.c.DPoPNonce == core.NonceRequired, Now: b.d.Now,
		Log: b.log.Verdicts,
	})
	b.certificates = mtls.New(b.d.MTLS, mtls.Deps{Now: b.d.Now, Log: b.log.Verdicts})
}

// features are what discovery says beyond what every configuration has.
func (b *build) features() discovery.Features {
	all, _ := profiles.Find(b.d.Profiles.Profile) // without one, everything is offered
	return discovery.Features{
		Offer: all.Offer, CheckSession: b.watch != nil, Classes: b.d.Classes, Signup: b.d.Signup,
		Registration: b.d.Register.On(), Documents: len(b.d.Register.Documents) > 0, RequirePushed: b.c.RequirePushed, References: true,
		EncryptedTo: b.d.Keys.EncryptionAlgorithms(), Assertions: len(b.c.TrustedIssuers) > 0, DetailTypes: b.c.DetailTypes(), Vocabulary: b.d.Vocabulary,
		Binding: discovery.Binding{ProofAlgs: dpop.Algs(), TLSMethods: b.certificates.Methods(), Alias: b.d.MTLS.URL},
	}
}

// rules are the operator's; nil: none.
func (b *build) rules() *core.Rules {
	if b.d.Rules == nil {
		return nil
	}
	return &core.Rules{Decider: b.d.Rules, Now: b.d.Now}
}

func (b *build) token() token.Config {
	return token.Config{
		Authn: b.authn, Proofs: b.proofs, Certificates: b.certificates, Log: b.log, Meter: b.d.Meter, URL: b.d.Issuer + "/oauth2/token",
		CORS: b.clients.OriginAllowed,
	}
}

func (b *build) authorize() *authorize.Endpoint {
	return &authorize.Endpoint{
		Tenant: b.d.Tenant, Issuer: b.d.Issuer, Base: b.d.Base, Config: b.c, Clients: b.clients, Subjects: b.subjects, Tokens: b.tokens, Signer: b.d.Keys,
		Engine:   b.engine,
		Issuance: b.issuance, Details: b.details, Vocabulary: b.d.Vocabulary, Claims: b.people, Flows: b.d.Flows, Sessions: b.d.Sessions, Classes: b.d.Classes, Consents: b.d.Consents, StepUp: b.d.StepUp, Grants: b.d.Store, Live: b.live, Rules: b.rules(), Signup: b.d.Signup, Required: b.d.Required,
		Audit: b.d.Audit, Pages: b.d.Pages, Log: b.log, Now: b.d.Now, Meter: b.d.Meter,
		Objects: b.objects(), Pushed: b.par, Silent: b.d.Silent, Watch: b.watch.State,
	}
}

func (b *build) objects() *jar.Objects {
	return &jar.Objects{
		Issuer: b.d.Issuer, Keys: b.d.Keys, References: jar.NewReferences(b.d.Fetch, b.d.Now), Skew: b.c.ClockSkew, Now: b.d.Now, Log: b.log,
	}
}

func (b *build) logout(elsewhere ...logout.Elsewhere) *logout.Endpoint {
	return &logout.Endpoint{
		Tenant: b.d.Tenant, Issuer: b.d.Issuer, Base: b.d.Base, Clients: b.clients, Signer: b.d.Keys, Sessions: b.d.Sessions, Participants: b.d.Store, Elsewhere: elsewhere,
		Forms: b.d.Forms, Pages: b.d.Pages, Log: b.log,
	}
}

func (b *build) saml() *samlidp.Endpoint {
	return samlidp.New(samlidp.Deps{
		Tenant: b.d.Tenant, Issuer: b.d.Issuer, Base: b.d.Base, Apps: b.d.SAMLApps, Keys: b.d.SAMLKeys, Store: b.d.Store, Ring: b.d.Ring, Subjects: b.subjects,
		People: b.d.Directory, Members: b.d.Groups, Live: b.live, Rules: b.rules(), Flows: b.d.Flows, Sessions: b.d.Sessions, StepUp: b.d.StepUp, Required: b.d.Required,
		Consents: b.d.Consents, Classes: b.d.Classes, Pages: b.d.Pages, Audit: b.d.Audit, Meter: b.d.Meter, Log: b.d.Log, Now: b.d.Now,
	})
}

func (b *build) code() *code.Grant {
	return &code.Grant{
		Reader: b.d.Store, Redeemer: b.redeem, Engine: b.engine, Issuance: b.issuance, Live: b.live, Claims: b.people, Tokens: b.tokens,
		Tenant: b.d.Tenant, IDLife: b.c.IDTokenLifetime, Log: b.log,
	}
}

func (b *build) refresh() *refresh.Grant {
	return &refresh.Grant{
		Reader: b.d.Store, Redeemer: b.redeem, Issuance: b.issuance, Live: b.live, Claims: b.people, Counter: b.counter, Tokens: b.tokens,
		Tenant: b.d.Tenant, Config: b.c, Log: b.log, Watch: b.d.Refreshes, Upstream: b.d.Upstream,
	}
}

func (b *build) forwardAuth(c *code.Grant) *forwardauth.Endpoint {
	return &forwardauth.Endpoint{
		Tenant: b.d.Tenant, Issuer: b.d.Issuer, Hosts: core.NewForwardHosts(b.clients, b.d.Store, b.d.Feed, b.d.Tenant), Verifier: b.verifier, Code: c,
		Claims: b.people, Groups: b.d.Groups, Vault: b.d.Ring, Log: b.log, Now: b.d.Now,
	}
}

func (b *build) clientcreds() *clientcreds.Grant {
	return &clientcreds.Grant{Issuance: b.issuance, Details: b.details, Vocabulary: b.d.Vocabulary, Tokens: b.tokens, Counter: b.counter, Log: b.log}
}

func (b *build) introspect(r *refresh.Grant) *introspect.Endpoint {
	return &introspect.Endpoint{
		Authn: b.authn, Verifier: b.verifier, Refresh: r, Resources: b.issuance.Resources, Log: b.log, URL: b.d.Issuer + "/oauth2/introspect", Issuer: b.d.Issuer,
		Signer: b.d.Keys, Now: b.d.Now,
	}
}

func (b *build) revoke(r *refresh.Grant) *revoke.Endpoint {
	return &revoke.Endpoint{
		Authn: b.authn, Tokens: b.tokens, Refresh: r, Redeemer: b.redeem, Denials: b.d.Store, Audit: b.d.Audit, Log: b.log, Tenant: b.d.Tenant,
		URL: b.d.Issuer + "/oauth2/revoke", CORS: b.clients.OriginAllowed,
	}
}

func (b *build) userinfo() *userinfo.Endpoint {
	return &userinfo.Endpoint{
		Verifier: b.verifier, Claims: b.people, Demands: core.NewOwnDemands(b.d.Store, b.d.Feed, b.d.Tenant, b.issuance.Userinfo), Signer: b.d.Keys, Proofs: b.proofs, Algs: dpop.Algs(), Certificates: b.certificates, Log: b.log,
		Issuer: b.d.Issuer, URL: b.d.Issuer + "/oauth2/userinfo", Metadata: discovery.ResourceMetadata(b.d.Issuer, "/oauth2/userinfo"), Now: b.d.Now,
		CORS: b.clients.OriginAllowed,
	}
}

// assertions is the jwt-bearer grant type, if anybody else's word counts here.
func (b *build) assertions() []core.GrantType {
	if len(b.c.TrustedIssuers) == 0 {
		return nil
	}
	return []core.GrantType{b.jwtbearer()}
}

// trust reads who else's tokens count here, and which authorization details are known.
func (b *build) trust() (err error) {
	if b.details, err = rar.New(b.c.Details); err != nil {
		return err
	}
	b.vouching = &core.Vouching{Tenant: b.d.Tenant, Grants: b.d.Store, Subjects: b.subjects, Audit: b.d.Audit, Now: b.d.Now}
	b.issuers, err = core.NewIssuers(b.c, core.IssuersDeps{Remote: b.remote, People: b.d.Store, Emails: b.d.Directory, Tenant: b.d.Tenant, Now: b.d.Now})
	return err
}

func (b *build) exchange() *exchange.Grant {
	return &exchange.Grant{
		Issuance: b.issuance, Verifier: b.verifier, Live: b.live, Signer: b.d.Keys, Tokens: b.tokens, Subjects: b.subjects, Issuers: b.issuers,
		Vouching: b.vouching, Counter: b.counter, Audit: b.d.Audit, Events: b.d.Store, Tenant: b.d.Tenant, Now: b.d.Now, Log: b.log, Upstream: b.d.Tokens,
	}
}

func (b *build) jwtbearer() *jwtbearer.Grant {
	return &jwtbearer.Grant{
		Issuance: b.issuance, Issuers: b.issuers, Vouching: b.vouching, Live: b.live, Replays: b.d.Store, Tokens: b.tokens, Counter: b.counter, Config: b.c, Vocabulary: b.d.Vocabulary,
		Tenant: b.d.Tenant, Endpoint: b.d.Issuer + "/oauth2/token", Now: b.d.Now, Log: b.log,
	}
}

// decoupled answers polls for requests of one kind.
func (b *build) decoupled(kind storage.PendingKind, param string) *core.Decoupled {
	return &core.Decoupled{
		Kind: kind, Param: param, Tenant: b.d.Tenant, Store: b.d.Store, Vault: b.d.Ring, Tokens: b.tokens, Issuance: b.issuance, Redeemer: b.redeem,
		Subjects: b.subjects, Live: b.live, Claims: b.people, Counter: b.counter, Config: b.c, Log: b.log, Now: b.d.Now,
	}
}

func (b *build) device() (*device.Endpoint, error) {
	return device.New(device.Deps{
		Tenant: b.d.Tenant, Issuer: b.d.Issuer, Base: b.d.Base, Lifetime: b.c.DeviceLifetime, Authn: b.authn, Clients: b.clients, Issuance: b.issuance,
		Live: b.live, Rules: b.rules(), StepUp: b.d.StepUp, Tokens: b.tokens, Store: b.d.Store, Vault: b.d.Ring, Ring: b.d.Ring, Flows: b.d.Flows, Sessions: b.d.Sessions, Forms: b.d.Forms, Words: b.d.Words,
		Pages: b.d.Pages, Audit: b.d.Audit, Failures: b.d.Failures, CORS: b.clients.OriginAllowed, Log: b.log, Now: b.d.Now,
	})
}

func (b *build) ciba() (*ciba.Endpoint, error) {
	return ciba.New(ciba.Deps{
		Tenant: b.d.Tenant, Issuer: b.d.Issuer, Lifetime: b.c.CIBALifetime, Most: b.c.CIBAPerPerson, Skew: b.c.ClockSkew, Authn: b.authn, Clients: b.clients,
		Subjects: b.subjects, Live: b.live, Rules: b.rules(), Issuance: b.issuance, Tokens: b.tokens, Signer: b.d.Keys, Objects: b.objects(), Store: b.d.Store, People: b.d.Directory, Classes: b.d.Classes,
		Vault: b.d.Ring, Ring: b.d.Ring, Sealer: b.d.Ring, Audit: b.d.Audit, Log: b.log, Now: b.d.Now,
	})
}

func (b *build) cibaGrant() *ciba.Grant {
	return &ciba.Grant{Answers: b.decoupled(storage.PendingCIBA, ciba.Param)}
}

func (b *build) deviceGrant() *device.Grant {
	return &device.Grant{Answers: b.decoupled(storage.PendingDevice, device.Param)}
}

// findClients makes what finds clients: those that are stored, and those that describe themselves if any host's may.
func (b *build) findClients() error {
	b.remote = core.NewFetchedKeys(b.d.Fetch, b.d.Now)
	b.clients = core.NewClients(b.d.Store, b.d.Feed, b.d.Tenant, b.remote).Under(b.d.Profiles)
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
