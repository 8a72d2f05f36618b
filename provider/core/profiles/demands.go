package profiles

import (
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Demands are what profiles ask of their clients at run time beyond what a registration can say.
type Demands struct {
	Bound          bool // no access token that is not bound to a key or certificate (FAPI 2.0 Security Profile section 5.3.2.1)
	IssuerAudience bool // client assertions name the issuer as their audience, alone and as a string (FAPI 2.0 Security Profile section 5.3.2.1)
	OtherAudiences bool // client assertions may name others beside the issuer (RFC 7523 section 3), unless IssuerAudience holds
	State          bool // a request without openid has a state (FAPI 1.0 Baseline section 5.2.2.3)
	Resource       bool // a request for more than a person's identity names the resource that it is for (RFC 8707)
	SignedAnswers  bool // introspection answers are signed (FAPI 2.0 Message Signing section 5.5)
	Agent          bool // it may act by itself: people are told so, and until when

	Algs       []string      // that client and server sign with; nil: any that is offered
	Scopes     []string      // the most that it may be granted; nil: what it is registered for
	CodeMost   time.Duration // longest life of a code; 0: the server's
	PushedMost time.Duration // of a pushed request
	AccessMost time.Duration // of an access token
	GrantMost  time.Duration // of a grant with its refresh tokens
}

// DemandsOf are those of a client's profiles together.
func DemandsOf(m *storage.ClientMetadata, s Server) Demands {
	var out Demands
	for _, p := range of(m, s) {
		d := p.Demands
		if p.Name == MCP {
			d.Scopes, d.AccessMost, d.GrantMost = s.MCP.scopes(), s.MCP.Access, s.MCP.Grant
		}
		out = out.and(d)
	}
	return out
}

func (d Demands) and(o Demands) Demands {
	d.Bound, d.IssuerAudience, d.State = d.Bound || o.Bound, d.IssuerAudience || o.IssuerAudience, d.State || o.State
	d.OtherAudiences = d.OtherAudiences || o.OtherAudiences
	d.Resource, d.SignedAnswers, d.Agent = d.Resource || o.Resource, d.SignedAnswers || o.SignedAnswers, d.Agent || o.Agent
	d.Algs, d.Scopes = both(d.Algs, o.Algs), both(d.Scopes, o.Scopes)
	d.CodeMost, d.PushedMost = Shorter(d.CodeMost, o.CodeMost), Shorter(d.PushedMost, o.PushedMost)
	d.AccessMost, d.GrantMost = Shorter(d.AccessMost, o.AccessMost), Shorter(d.GrantMost, o.GrantMost)
	return d
}

// Within leaves out of a list what is beyond a bound; nil bounds nothing. The list never grows: what is empty stays empty.
func Within(list, bound []string) []string {
	if bound == nil {
		return list
	}
	out := make([]string, 0, len(list))
	for _, s := range list {
		if slices.Contains(bound, s) {
			out = append(out, s)
		}
	}
	return out
}

// both is the bound that two bounds make together: of those that share nothing, one that lets nothing through.
func both(a, b []string) []string {
	if a == nil {
		return b
	}
	return Within(a, b)
}

// Shorter is the shorter of two durations; 0 bounds nothing.
func Shorter(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
