package profiles

import (
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

const mcpAuth = "MCP Authorization"

func mcpGrants() []string { return []string{grantCode, grantRefresh, grantClient} }

// mcp is what the Model Context Protocol asks of authorization: OAuth 2.1, and a resource in every request. Since programs that act by themselves use it,
// people are always asked, and no client is granted more than the ceiling.
func mcp() Profile {
	p := oauth21()
	p.Name, p.Title, p.Demands = MCP, "Model Context Protocol", Demands{Resource: true, Agent: true}
	p.Rules = slices.Concat([]Rule{grantsRule(mcpAuth+", OAuth 2.1 section 1.3", mcpGrants(), nil)}, oauth21Rules()[1:], []Rule{
		{Name: "consent", Member: "jedan_first_party", Section: mcpAuth + ", Security Considerations", Wrong: func(m *storage.ClientMetadata, _ Server) string {
			if m.FirstParty {
				return "must not be true: people are asked what an agent may do"
			}
			return ""
		}},
		scopeCeiling(),
		ceilingRule("access", "jedan_access_token_seconds", "mcp.access_lifetime of the configuration",
			func(m *storage.ClientMetadata) int { return m.AccessTokenSeconds }, func(s Server) time.Duration { return s.MCP.Access }),
		ceilingRule("grant", "jedan_refresh_token_seconds", "mcp.grant_lifetime of the configuration",
			func(m *storage.ClientMetadata) int { return m.RefreshSeconds }, func(s Server) time.Duration { return s.MCP.Grant }),
	})
	p.Offer.Grants = mcpGrants()
	return p
}

func ceilingRule(name, member, section string, of func(m *storage.ClientMetadata) int, most func(s Server) time.Duration) Rule {
	return Rule{Name: name, Member: member, Section: section, Wrong: func(m *storage.ClientMetadata, s Server) string {
		if n := of(m); most(s) > 0 && time.Duration(n)*time.Second > most(s) {
			return "must be at most " + most(s).String()
		}
		return ""
	}}
}

// scopeCeiling bounds what may be asked for. It gives nothing: a client that names no scope has none from here.
func scopeCeiling() Rule {
	return Rule{
		Name: "scope", Member: "scope", Section: "mcp.scopes of the configuration",
		Wrong: func(m *storage.ClientMetadata, s Server) string {
			if asked := strings.Fields(m.Scope); len(Within(asked, s.MCP.scopes())) < len(asked) {
				return "must not name more than " + listed(s.MCP.Scopes, "and")
			}
			return ""
		},
	}
}

// scopes are the ceiling as a bound: a configuration that names none bounds nothing.
func (c Ceiling) scopes() []string {
	if len(c.Scopes) == 0 {
		return nil
	}
	return c.Scopes
}
