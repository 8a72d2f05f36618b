package web

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// desk serves the preview and keeps the forms that are posted to it.
type desk struct {
	*httptest.Server
	posted chan url.Values
	count  atomic.Int32
	hold   chan struct{} // a post is answered when this is closed
	over   <-chan struct{}
}

// newDesk serves the preview pages, and at /rp a form_post page that posts to the desk itself.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{posted: make(chan url.Values, 8), hold: make(chan struct{}), over: t.Context().Done()}
	r := newRenderer(t, Options{})
	pages := previewHandler(r)
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.Method == http.MethodPost:
			d.take(w, req)
		case req.URL.Path == "/rp":
			r.Render(w, req, http.StatusOK, FormPostPage{
				Action: "http://" + req.Host + "/cb?x=1", Fields: [][2]string{{"code", "c1"}, {"submit", `"<é`}},
			})
		default:
			pages.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *desk) take(w http.ResponseWriter, req *http.Request) {
	d.count.Add(1)
	if err := req.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	req.PostForm.Set("path", req.URL.Path)
	d.posted <- req.PostForm
	select {
	case <-d.hold:
	case <-d.over:
	}
	http.Redirect(w, req, "/en/home", http.StatusSeeOther)
}

// got is the next form that arrives.
func (d *desk) got(ctx context.Context, t *testing.T) url.Values {
	t.Helper()
	select {
	case form := <-d.posted:
		return form
	case <-ctx.Done():
		t.Fatal("nothing was posted")
		return nil
	}
}

func scriptsOff(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return err
}

func do(ctx context.Context, t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func tab(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(browser(t), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func same(t *testing.T, got url.Values, want map[string]string) {
	t.Helper()
	flat := map[string]string{}
	for name, values := range got {
		if len(values) != 1 {
			t.Errorf("%s came %d times", name, len(values))
		}
		flat[name] = values[0]
	}
	if !maps.Equal(flat, want) {
		t.Errorf("posted %v, want %v", flat, want)
	}
}

func TestWithoutScripts(t *testing.T) {
	ctx, d := tab(t), newDesk(t)
	close(d.hold)
	// send posts a page and waits until the browser has come to rest on the next one.
	send := func(path string, steps ...chromedp.Action[chromedp.Void]) url.Values {
		t.Helper()
		do(ctx, t, chromedp.Navigate(d.URL+path), chromedp.Steps(steps...))
		form := d.got(ctx, t)
		do(ctx, t, chromedp.WaitVisible(chromedp.CSS(".choices")))
		return form
	}
	do(ctx, t, chromedp.Func(scriptsOff))
	form := send("/en/login", chromedp.WaitNotVisible(chromedp.CSS("[data-reveal]")),
		chromedp.SendKeys(chromedp.CSS("#login-identifier"), "maria"), chromedp.SendKeys(chromedp.CSS("#login-password"), "secret\r"))
	form.Del("flow")
	same(t, form, map[string]string{"path": "/login", "identifier": "maria", "password": "secret", "csrf": "c1"})

	same(t, send("/en/consent", chromedp.Click(chromedp.CSS(`[value="address"]`)), chromedp.Click(chromedp.CSS(`[value="phone"]`)), chromedp.Click(chromedp.CSS("#consent-allow"))),
		map[string]string{"path": "/consent", "decision": "allow", "scope": "address", "csrf": "c1", "flow": "f1"})
	same(t, send("/en/account", chromedp.Click(chromedp.CSS("#account-2"))),
		map[string]string{"path": "/login/account", "account": "2", "csrf": "c1", "flow": "f1"})
	same(t, send("/rp", chromedp.Click(chromedp.CSS("#form-post-continue"))),
		map[string]string{"path": "/cb", "code": "c1", "submit": `"<é`})
}

func TestFormPostGoesByItself(t *testing.T) {
	ctx, d := tab(t), newDesk(t)
	close(d.hold)
	do(ctx, t, chromedp.Navigate(d.URL+"/rp"))
	same(t, d.got(ctx, t), map[string]string{"path": "/cb", "code": "c1", "submit": `"<é`})
}

func TestShowPassword(t *testing.T) {
	ctx, d := tab(t), newDesk(t)
	close(d.hold)
	do(ctx, t, chromedp.Navigate(d.URL+"/en/login-filled"), chromedp.Click(chromedp.CSS(`[data-reveal]`)),
		chromedp.WaitReady(chromedp.CSS(`#login-password[type="text"]`)), chromedp.WaitReady(chromedp.CSS(`[data-reveal][aria-pressed="true"]`)),
		chromedp.Click(chromedp.CSS(`[data-reveal]`)), chromedp.WaitReady(chromedp.CSS(`#login-password[type="password"]`)),
		chromedp.Click(chromedp.CSS(`[data-reveal]`)), chromedp.SendKeys(chromedp.CSS("#login-password"), "secret"), chromedp.Click(chromedp.CSS("#login-submit")))
	if form := d.got(ctx, t); form.Get("password") != "secret" {
		t.Errorf("posted %v", form)
	}
}

// pressAgain submits the sign-in form, waits until its button is busy and presses it twice more.
const pressAgain = `(async () => {
	const button = document.getElementById("login-submit");
	const busy = new Promise(done => new MutationObserver(() => done()).observe(button, {attributes: true, attributeFilter: ["aria-busy"]}));
	const width = button.offsetWidth;
	button.click();
	await busy;
	button.click();
	button.form.requestSubmit();
	return width === button.offsetWidth && button.innerText.trim() === "Signing in…";
})()`

func TestSecondPressIsHarmless(t *testing.T) {
	ctx, d := tab(t), newDesk(t)
	do(ctx, t, chromedp.Navigate(d.URL+"/en/login-filled"), chromedp.SendKeys(chromedp.CSS("#login-password"), "secret"))
	busy, err := chromedp.Run(ctx, chromedp.Evaluate[bool](pressAgain, chromedp.EvalAwaitPromise))
	if err != nil || !busy {
		t.Errorf("busy button: %v %v", busy, err)
	}
	close(d.hold)
	do(ctx, t, chromedp.WaitVisible(chromedp.CSS(`.choices`)))
	if n := d.count.Load(); n != 1 {
		t.Errorf("posted %d times", n)
	}
}
