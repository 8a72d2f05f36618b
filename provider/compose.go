package provider

import (
	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"

	"github.com/jedan-auth/jedan-auth/provider/core"
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
