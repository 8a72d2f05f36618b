package runner

import (
	"context"
	"html"
	"net/http"
	"regexp"
	"strings"

	nodes "golang.org/x/net/html"
)

// frames is what the suite's page does by a script where its upstream's sessions end by frames (OpenID Connect Front-Channel Logout): it loads ours,
// says that it has, and leads on. nil: the page is another.
func (b *browser) frames(ctx context.Context, p *page) (*http.Request, error) {
	script := p.script()
	frame, told, next := quoted(script, `iframe\.src = '([^']+)'`), quoted(script, `let url = '([^']+)'`), quoted(script, `window\.location\.href='([^']+)'`)
	if frame == "" || told == "" || next == "" {
		return nil, nil
	}
	for _, address := range []string{lenient(frame), told + "?loaded=true"} {
		if _, err := b.get(ctx, address); err != nil {
			return nil, err
		}
	}
	return http.NewRequestWithContext(ctx, http.MethodGet, next, nil)
}

// stray is a percent sign that begins no escape.
var stray = regexp.MustCompile(`%([^0-9a-fA-F]|$|[0-9a-fA-F]([^0-9a-fA-F]|$))`)

// lenient is an address as browsers read it (URL Standard): a percent sign that begins no escape is one, and a blank is escaped. The suite puts what it likes into
// the sid of a frame.
func lenient(address string) string {
	for stray.MatchString(address) {
		at := stray.FindStringIndex(address)[0]
		address = address[:at] + "%25" + address[at+1:]
	}
	return strings.ReplaceAll(address, " ", "%20")
}

// script is what the page's first script says.
func (p *page) script() string {
	n := first(p.doc, func(n *nodes.Node) bool { return n.Data == "script" && n.FirstChild != nil })
	if n == nil {
		return ""
	}
	return n.FirstChild.Data
}

// quoted is a text of a script, without its escapes.
func quoted(script, pattern string) string {
	found := regexp.MustCompile(pattern).FindStringSubmatch(script)
	if found == nil {
		return ""
	}
	return html.UnescapeString(strings.ReplaceAll(found[1], `\/`, "/"))
}
