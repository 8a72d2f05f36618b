package runner

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/jedan-auth/jedan-auth/conformance/expected"
	"github.com/jedan-auth/jedan-auth/conformance/plans"
)

// ownPage is a page that asks whoever comes to sign in.
const ownPage = "/account"

// connectorWait is how long the server may take to see the connector.
const connectorWait = 20 * time.Second

// signIns signs in as often as the module wants, and says what came of it: a word of package expected, or the check that refused.
func (r relyingRun) signIns(ctx context.Context, m suiteModule, title, id string) (ours string, err error) {
	own := r.module(m.Name)
	for i := range max(own.SignIns, 1) {
		if i > 0 {
			if err := r.deps.Pause(ctx, time.Duration(own.Apart)*time.Second); err != nil {
				return "", err
			}
		}
		if ours, err = r.signIn(ctx, m, title, id); err != nil || ours != expected.EndsSession {
			return ours, err
		}
	}
	return ours, nil
}

// signIn is one person at a browser of their own: the sign-in page, the button of the connector, and wherever that leads.
func (r relyingRun) signIn(ctx context.Context, m suiteModule, title, id string) (string, error) {
	since, err := r.side.log.end()
	if err != nil {
		return "", err
	}
	b, err := r.newBrowser()
	if err != nil {
		return "", err
	}
	button, err := r.button(ctx, b, title)
	if err != nil {
		return "", err
	}
	b.stays = r.module(m.Name).Stops == plans.StopsAtDeparture
	p, err := b.get(ctx, button)
	if err != nil {
		return "", err
	}
	ours, err := r.outcome(ctx, b, p, since)
	if err != nil || ours != expected.EndsSession {
		return ours, err
	}
	return r.afterwards(ctx, m, b, id, since)
}

// button waits until the sign-in page has the connector's, and returns where it leads.
func (r relyingRun) button(ctx context.Context, b *browser, title string) (string, error) {
	for deadline := r.deps.Now().Add(connectorWait); ; {
		p, err := b.get(ctx, r.config.Issuer+ownPage)
		if err != nil {
			return "", err
		}
		if a := p.byID("login-connector-" + connectorName); a != nil && strings.Contains(p.text("login-connector-"+connectorName), title) {
			to, err := p.url.Parse(attribute(a, "href"))
			if err != nil {
				return "", fmt.Errorf("the connector's button: %w", err)
			}
			return to.String(), nil
		}
		if !r.deps.Now().Before(deadline) {
			return "", fmt.Errorf("the sign-in page (%d at %s) has no button of the connector", p.status, p.url.Path)
		}
		if err := r.deps.Pause(ctx, r.config.Poll); err != nil {
			return "", err
		}
	}
}

// outcome says what came of a sign-in by where the browser has ended.
func (r relyingRun) outcome(ctx context.Context, b *browser, p *page, since int64) (string, error) {
	if p.url.Host == b.suite.Host {
		if b.stays && p.status/100 == 3 {
			return expected.EndsDeparted, nil
		}
		return fmt.Sprintf("stays at the suite, which answered %d", p.status), nil
	}
	if errorID := p.text("error-id"); errorID != "" {
		check, err := r.last(since, errorID)
		if check == "" {
			check = "refused without a check: " + p.text("error-code")
		}
		return check, err
	}
	in, err := r.signedIn(ctx, b)
	if err != nil {
		return "", err
	}
	if in {
		return expected.EndsSession, nil
	}
	return fmt.Sprintf("nobody is signed in: %d at %s", p.status, p.url.Path), nil
}

// signedIn opens a page that is for people who are signed in.
func (r relyingRun) signedIn(ctx context.Context, b *browser) (bool, error) {
	p, err := b.get(ctx, r.config.Issuer+ownPage)
	if err != nil {
		return false, err
	}
	u, err := url.Parse(r.config.Issuer + ownPage)
	return err == nil && p.status == http.StatusOK && p.url.Path == u.Path, err
}

// afterwards does what the module wants once there is a session.
func (r relyingRun) afterwards(ctx context.Context, m suiteModule, b *browser, id string, since int64) (string, error) {
	own := r.module(m.Name)
	if own.Calls != "" {
		return expected.EndsSession, r.call(ctx, r.issuer(id), own.Calls)
	}
	if own.Leaves {
		return r.signOut(ctx, b, since)
	}
	return expected.EndsSession, nil
}

// logoutPath is where people sign out.
const logoutPath = "/oauth2/logout"

// signOut has the person sign out here, and says what came of it: that they are, or the check that refused what the suite said meanwhile.
func (r relyingRun) signOut(ctx context.Context, b *browser, since int64) (string, error) {
	p, err := b.get(ctx, r.config.Issuer+logoutPath)
	if err != nil {
		return "", err
	}
	form := first(p.doc, func(n *html.Node) bool {
		return n.Data == "form" && strings.HasSuffix(attribute(n, "action"), logoutPath)
	})
	if form == nil {
		return fmt.Sprintf("no form to sign out: %d at %s", p.status, p.url.Path), nil
	}
	if p, err = b.submit(ctx, p, form); err != nil {
		return "", err
	}
	if errorID := p.text("error-id"); errorID != "" {
		return r.last(since, errorID)
	}
	if in, err := r.signedIn(ctx, b); err != nil || in {
		return "still signed in", err
	}
	if check, err := r.last(since, ""); err != nil || check != "" {
		return check, err
	}
	return expected.EndsSignedOut, nil
}
