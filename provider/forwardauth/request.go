package forwardauth

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// request is one question on its way through the tables.
type request struct {
	e    *Endpoint
	http *http.Request
	out  http.ResponseWriter
	in   http.Header

	host   string // as the proxy says it, before it is known
	asked  url.URL
	method string
	client *core.Client
	rule   storage.ForwardRule
	token  *core.Verified
}

// rowsAsked is the table of what was asked for.
func rowsAsked() []core.Row[request] {
	return []core.Row[request]{
		{Name: "forward_auth.host", Check: checkHost},
		{Name: "forward_auth.source", Check: checkSource},
		{Name: "forward_auth.scheme", Check: checkScheme},
	}
}

// rowsSignedIn is the table of who asks.
func rowsSignedIn() []core.Row[request] {
	return []core.Row[request]{
		{Name: "forward_auth.token", Check: checkToken},
		{Name: "forward_auth.client", Check: checkClient},
	}
}

// rowsPermitted is the table of what they may.
func rowsPermitted() []core.Row[request] {
	return []core.Row[request]{
		{Name: "forward_auth.groups", Check: checkGroups},
	}
}

var asked, signedIn, permitted = rowsAsked(), rowsSignedIn(), rowsPermitted() // made once: a request only reads them

// checkHost finds the application. Whatever a request says about its host must be readable and the same everywhere: a proxy sets its own headers, and a
// stranger may add those of another kind of proxy, by which a host that nobody registered would pass for one that is. checkSource then reads the application's
// own alone.
func checkHost(ctx context.Context, r *request) (err error) {
	refused := core.Refuse(core.Forbidden(), "This host is not registered here.", "a registered host, said by the headers of its application", "another, or none")
	for source, header := range map[string]string{core.ForwardedHeaders: "X-Forwarded-Host", core.OriginalURL: "X-Original-Url"} {
		if len(r.in[header]) == 0 {
			continue
		}
		host := hostOf(r.in, source)
		if host == "" || r.host != "" && host != r.host {
			return refused
		}
		r.host = host
	}
	r.client, err = r.e.Hosts.Client(ctx, r.host)
	switch {
	case errs.Is(err, errs.NotFound) || err == nil && hostOf(r.in, sourceOf(r.client)) == "":
		return refused
	case err != nil:
		return err
	case r.client.Disabled:
		return core.Refuse(core.Forbidden(), "This application is switched off.", "an application that is in use", "one that is switched off")
	}
	return nil
}

func sourceOf(c *core.Client) string {
	if s := c.Metadata.Forward.Source; s != "" {
		return s
	}
	return core.ForwardedHeaders
}

func hostOf(h http.Header, source string) string {
	if source == core.OriginalURL {
		u, err := url.Parse(first(h, "X-Original-Url"))
		if err != nil {
			return ""
		}
		return bare(u.Host)
	}
	return bare(only(h, "X-Forwarded-Host"))
}

// bare is a host as applications name it.
func bare(host string) string { return strings.TrimSuffix(strings.ToLower(host), ":443") }

// only is a header that came once, and not as a list: two mean that somebody else wrote one.
func only(h http.Header, name string) string {
	if all := h[name]; len(all) == 1 && !strings.Contains(all[0], ",") {
		return all[0]
	}
	return ""
}

// first is a header of which a list is no lie: a path may have a comma.
func first(h http.Header, name string) string {
	if all := h[name]; len(all) == 1 {
		return all[0]
	}
	return ""
}

// checkSource reads method and address from the application's own headers, never from both: one of them may be a stranger's.
func checkSource(_ context.Context, r *request) error {
	const expected = "method, scheme, host and path of one request"
	method, text := only(r.in, "X-Forwarded-Method"), ""
	if sourceOf(r.client) == core.OriginalURL {
		method, text = only(r.in, "X-Original-Method"), first(r.in, "X-Original-Url")
	} else if uri := first(r.in, "X-Forwarded-Uri"); strings.HasPrefix(uri, "/") {
		text = only(r.in, "X-Forwarded-Proto") + "://" + r.host + uri
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.User != nil || bare(u.Host) != r.host || !strings.HasPrefix(u.Path, "/") || method == "" {
		return core.Refuse(core.Forbidden(), "What was asked for is not clear.", expected, "something else")
	}
	u.Host, u.Fragment, u.RawFragment = r.host, "", ""
	r.asked, r.method = *u, method
	return nil
}

// checkScheme wants TLS between browser and proxy: the cookie would be anybody's without.
func checkScheme(_ context.Context, r *request) error {
	if r.asked.Scheme != core.ForwardScheme(r.host) {
		return core.Refuse(core.Forbidden(), "This host is reached by https only.", "https", "http")
	}
	return nil
}

// ours is a path of the protected host that belongs to this server.
func (r *request) ours() (name string, ok bool) {
	if !core.PlainPath(r.asked.EscapedPath()) {
		return "", false
	}
	return strings.CutPrefix(r.asked.EscapedPath(), core.ForwardPath)
}

// find is the rule for the path. A path that two programs may read in two ways is nobody's exception: whoever asks must be signed in, and what is for groups
// is for them by the strictest reading, which is that of every rule for groups.
func (r *request) find() storage.ForwardRule {
	rules := r.client.Metadata.Forward.Rules
	p := r.asked.EscapedPath()
	if !core.PlainPath(p) {
		return strictest(rules)
	}
	for _, rule := range rules {
		if (len(rule.Methods) == 0 || slices.Contains(rule.Methods, r.method)) && covers(rule.Path, p) {
			return rule
		}
	}
	return storage.ForwardRule{}
}

// covers says whether a rule is about a path: with a closing slash about that folder, its name alone too, and everything in it.
func covers(rule, p string) bool {
	return p == rule || strings.HasSuffix(rule, "/") && (strings.HasPrefix(p, rule) || p+"/" == rule)
}

// strictest wants membership in a group of every rule that wants one.
func strictest(rules []storage.ForwardRule) storage.ForwardRule {
	var out storage.ForwardRule
	for _, r := range rules {
		switch {
		case len(r.Groups) == 0:
		case len(out.Groups) == 0:
			out.Groups = slices.Clone(r.Groups)
		default:
			out.Groups = slices.DeleteFunc(out.Groups, func(g string) bool { return !slices.Contains(r.Groups, g) })
			if len(out.Groups) == 0 {
				out.Groups = []string{""} // nobody is in it
			}
		}
	}
	return out
}

// checkToken opens the cookie of this host and application, and asks whether what it stands for still counts.
func checkToken(ctx context.Context, r *request) (err error) {
	token, ok := r.session()
	if !ok {
		return core.InvalidToken("a session at this host", "none")
	}
	r.token, err = r.e.Verifier.Verify(ctx, token)
	return err
}

// checkClient wants a person's token of this application.
func checkClient(_ context.Context, r *request) error {
	if r.token.ClientID != r.client.ClientID || r.token.Person == nil || r.token.Grant == nil {
		return core.InvalidToken("a person's token of this application", "another")
	}
	return nil
}

// checkGroups holds the person against the rule for the path.
func checkGroups(ctx context.Context, r *request) error {
	if len(r.rule.Groups) == 0 {
		return nil
	}
	names, err := r.e.Groups.NamesOf(ctx, r.token.Person.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(names, func(n string) bool { return slices.Contains(r.rule.Groups, n) }) {
		return core.Refuse(core.Forbidden(), "You may not use this part of the application.", "a member of a group of the rule", "somebody else")
	}
	return nil
}
