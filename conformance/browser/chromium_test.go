package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take until its step fails. Nothing waits that long when all is well.
const patience = 30 * time.Second

// chromium is a running browser; every tab of it is a person of its own, without the cookies of others.
type chromium struct {
	t   *testing.T
	ctx context.Context
}

// launch starts Chromium, in which host is another address for at, or skips where there is none.
func launch(t *testing.T, host, at string) *chromium {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(findChromium(t)), chromedp.NoSandbox, chromedp.IgnoreCertErrors, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("host-resolver-rules", "MAP "+host+":443 "+at), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en-US"),
	)
	parent, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return &chromium{t: t, ctx: ctx}
}

func findChromium(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("JEDAN_CHROMIUM"); path != "" {
		return fromRoot(path)
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("JEDAN_CHROMIUM is not set and there is no chromium in the PATH: nobody signs in with a real browser")
	}
	return path
}

// fromRoot makes a path that holds from the root of the repository hold from here.
func fromRoot(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join("..", "..", path)
}

// tab is one person's browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// tab opens one; what the browser holds against a page (policy violations, errors in scripts) fails the test at its end.
func (c *chromium) tab(t *testing.T, scripts bool) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts})
		return err
	}), chromedp.Func(look{width: 1280, scheme: "light"}.set))
	t.Cleanup(b.wantNoComplaint)
	return b
}

func (b *tab) hear(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *log.EventEntryAdded:
		if e := ev.Entry; e != nil && string(e.Source) != "network" && string(e.Level) == "error" {
			b.complaints = append(b.complaints, e.Text)
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, ev.ExceptionDetails.Text)
	}
}

func (b *tab) wantNoComplaint() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		b.t.Errorf("the browser complains: %s", c)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v on %s", err, b.where())
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
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.origin + location.pathname + "\n" + document.body.innerText.slice(0, 600)`))
	if err != nil {
		return err.Error()
	}
	return text
}

func (b *tab) visit(url string) { b.t.Helper(); b.do(chromedp.Navigate(url)) }

// see waits for an element.
func (b *tab) see(selector chromedp.CSS) { b.t.Helper(); b.do(chromedp.WaitVisible(selector)) }

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

func (b *tab) value(field chromedp.CSS) string {
	b.t.Helper()
	return ask[string](b, `document.querySelector("`+string(field)+`").value`)
}

func (b *tab) has(selector chromedp.CSS) bool {
	b.t.Helper()
	return ask[bool](b, `document.querySelector("`+string(selector)+`") !== null`)
}
