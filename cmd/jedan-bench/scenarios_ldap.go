package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/directory"
)

const (
	directoryPeople  = 200   // who sign in by it
	directoryClients = 10    // applications that it serves: no other scenario's
	directoryTurns   = 1_000 // sign-ins that are prepared for a run
)

func uidOf(i int) string { return fmt.Sprintf("ldap%d", i) }

// directorySignIn is the sign-in form of people whom a directory knows, sent from a browser that each has used before: a search, a bind, the link, the session.
// Its pages are fetched before each run, so that the form alone counts.
func directorySignIn() scenario {
	return scenario{
		name: "ldap-sign-in", title: "LDAP sign-in (the form alone)", turns: 1, conns: 16, goal: atMostBeside(time.Millisecond, primBind), setup: addDirectory,
		start: func(_ context.Context, w *world) (*drive, error) {
			browsers, err := w.directoryBrowsers()
			if err != nil {
				return nil, err
			}
			requests := make([][]byte, directoryTurns)
			var used atomic.Int64
			d := &drive{warm: directoryTurns, most: directoryTurns, op: func(c *wire, _ int) error {
				if err := c.want(requests[used.Add(1)-1], 303, nil); err != nil {
					return err
				}
				return c.signedIn()
			}}
			d.fresh = func(context.Context) error {
				used.Store(0)
				return w.prepare(requests, browsers)
			}
			return d, nil
		},
	}
}

// addDirectory starts the directory and makes its connector, which serves some clients of the set.
func addDirectory(ctx context.Context, w *world) (err error) {
	if err := w.clients(ctx, "ldap", webClient("jwt")); err != nil {
		return err
	}
	if w.ldap, err = newResponder(w.dir); err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"servers": []string{w.ldap.url}, "ca": w.ldap.ca, "base_dn": "dc=bench,dc=test", "login_attributes": []string{"uid"}, "sync": map[string]any{"off": true},
	})
	if err != nil {
		return err
	}
	d := federation.Draft{Name: "bench-ldap", Kind: "ldap", Title: "Directory", Settings: federation.Settings{Create: true, Config: config}}
	for _, p := range w.sets["ldap"][:directoryClients] {
		d.Settings.Clients = append(d.Settings.Clients, p.ClientID)
	}
	_, err = w.app.Connectors.Create(ctx, d, directory.Actor{Kind: "operator", ID: "bench"})
	return err
}

// directoryBrowsers are browsers that each of the people has signed in with before, without a session now.
func (w *world) directoryBrowsers() ([]cookieJar, error) {
	c, err := dial(w.host)
	if err != nil {
		return nil, err
	}
	defer c.close()
	out := make([]cookieJar, directoryPeople)
	for i := range out {
		var request []byte
		if request, out[i], err = w.directoryForm(c, i, nil); err != nil {
			return nil, err
		}
		if err := c.want(request, 303, nil); err != nil {
			return nil, err
		}
		if err := c.signedIn(); err != nil {
			return nil, err
		}
		out[i] = c.setCookies(out[i])
		delete(out[i], "jedan-session")
	}
	return out, nil
}

// prepare fetches the pages of a run's sign-ins.
func (w *world) prepare(requests [][]byte, browsers []cookieJar) error {
	c, err := dial(w.host)
	if err != nil {
		return err
	}
	defer c.close()
	for i := range requests {
		if requests[i], _, err = w.directoryForm(c, i, maps.Clone(browsers[i%directoryPeople])); err != nil {
			return err
		}
	}
	return nil
}

// directoryForm is the sign-in form of turn i, ready to be sent.
func (w *world) directoryForm(c *wire, i int, jar cookieJar) ([]byte, cookieJar, error) {
	jar, form, err := w.signInForm(c, w.sets["ldap"][i%directoryClients], jar)
	if err != nil {
		return nil, nil, err
	}
	form.Set("identifier", uidOf(i%directoryPeople))
	form.Set("password", benchPassword)
	return w.formRequest(form, jar), jar, nil
}
