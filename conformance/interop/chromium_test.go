//go:build interop

package interop

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take until its step fails. Nothing waits that long when all is well.
const patience = 40 * time.Second

// chromium is a running browser that knows the sites and trusts their keys; every tab of it is a person of its own.
type chromium struct{ ctx context.Context }

func (s *sites) chromium() *chromium {
	s.t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(findChromium(s.t)), chromedp.NoSandbox, chromedp.UserDataDir(s.t.TempDir()),
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.Flag("ignore-certificate-errors-spki-list", strings.Join(s.pins, ",")),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en-US"),
	)
	parent, stop := chromedp.NewExecAllocator(context.Background(), options...)
	s.t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(parent)
	s.t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		s.t.Fatal(err)
	}
	return &chromium{ctx}
}

func findChromium(t *testing.T) string {
	t.Helper()
	path := os.Getenv("JEDAN_CHROMIUM")
	if path == "" {
		var err error
		if path, err = exec.LookPath("chromium"); err != nil {
			t.Skip("JEDAN_CHROMIUM is not set and there is no chromium in the PATH (Debian: apt-get install chromium)")
		}
	}
	return path
}

// tab is one person's browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// tab opens one. What the browser holds against our pages fails the test at its end; those of others are theirs.
func (c *chromium) tab(t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	}))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, text := range b.complaints {
			t.Errorf("the browser complains: %s", text)
		}
	})
	return b
}

func (b *tab) hear(ev any) {
	e, ok := ev.(*log.EventEntryAdded)
	if !ok || e.Entry == nil || string(e.Entry.Source) == "network" || string(e.Entry.Level) != "error" || !strings.Contains(e.Entry.URL, ourHost) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, e.Entry.URL+" "+e.Entry.Text)
}

// scripts switches them on or off from the next page on.
func (b *tab) scripts(on bool) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v on %s\n%s", err, b.where(), debug.Stack())
	}
}

// ask evaluates an expression in the page; it works without scripts, too.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.80s: %v", expression, err)
	}
	return v
}

// where describes the page for a message.
func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.origin + location.pathname + "\n" + (document.body?.innerText ?? "").slice(0, 900)`))
	if err != nil {
		return err.Error()
	}
	return text
}

func (b *tab) visit(to string) { b.t.Helper(); b.do(chromedp.Navigate(to)) }

// see waits for an element.
func (b *tab) see(selector chromedp.CSS) { b.t.Helper(); b.do(chromedp.WaitVisible(selector)) }

// arrives says whether the browser comes to rest at a page that has the element, past all that lead on by themselves.
func (b *tab) arrives(selector chromedp.CSS) bool {
	b.t.Helper()
	seen := 0
	for until := time.Now().Add(patience / 2); seen < 3 && time.Now().Before(until); time.Sleep(100 * time.Millisecond) { // it is a process of its own
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && document.querySelector("`+string(selector)+`") !== null`))
		cancel()
		if seen++; err != nil || !there {
			seen = 0
		}
	}
	return seen == 3
}

// click presses what leads to somewhere.
func (b *tab) click(button chromedp.CSS) {
	b.t.Helper()
	b.do(chromedp.Click(button, chromedp.NodeVisible))
}

// press presses what leads to a page that has the element next.
func (b *tab) press(button, next chromedp.CSS) {
	b.t.Helper()
	b.do(chromedp.Click(button, chromedp.NodeVisible), chromedp.WaitVisible(next))
}

// enter types into an empty field.
func (b *tab) enter(field chromedp.CSS, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(field, text, chromedp.NodeVisible))
}

func (b *tab) text(selector chromedp.CSS) string {
	b.t.Helper()
	return ask[string](b, `document.querySelector("`+string(selector)+`").textContent`)
}

func (b *tab) has(selector chromedp.CSS) bool {
	b.t.Helper()
	return ask[bool](b, `document.querySelector("`+string(selector)+`") !== null`)
}

// at is the page's address.
func (b *tab) at() *url.URL {
	b.t.Helper()
	u, err := url.Parse(ask[string](b, `location.href`))
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}
