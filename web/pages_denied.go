package web

// DeniedPage says that the person may not use the application: POST {base}/login/denied with csrf, flow and answer=back or other. Without a flow
// there is nowhere to go.
type DeniedPage struct {
	Lang       string
	CSRF       string
	Flow       string
	ClientName string
	Person     string // who is signed in, as they are shown to themselves
	FormAction string // CSP source of the redirect URI
}

func (p DeniedPage) spec() spec {
	return spec{template: "denied", lang: p.Lang, title: msg("denied.title"), client: p.ClientName, action: p.FormAction}
}
