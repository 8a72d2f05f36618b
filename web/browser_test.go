package web

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// browser starts a headless Chromium for the test, or skips where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium on this machine: the pages are not looked at")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	parent, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// look is one way to look at a page.
type look struct {
	lang   string
	width  int64
	scheme string
}

func looks(all bool) []look {
	if !all {
		return []look{{"en", 390, "light"}, {"en", 1280, "dark"}, {"de", 390, "dark"}, {"de", 1280, "light"}}
	}
	var every []look
	for _, lang := range []string{"en", "de"} {
		for _, width := range []int64{390, 1280} {
			every = append(every, look{lang, width, "light"}, look{lang, width, "dark"})
		}
	}
	return every
}

func (l look) set(ctx context.Context, t *chromedp.Target) error {
	if _, err := chromedp.EmulateViewport(l.width, 844)(ctx, t); err != nil {
		return err
	}
	if _, err := cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		return err
	}
	_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	return err
}

const axeRun = `(async () => {
	const found = await axe.run(document, {resultTypes: ["violations"]});
	return found.violations.map(v => v.id + ": " + v.nodes.map(n => n.target.join(" ") + " " + n.failureSummary).join(" | "));
})()`

// TestAxe runs axe-core over every page: JEDAN_AXE=path/to/axe.min.js. With JEDAN_SHOTS=folder it also keeps a
// picture of each, in both languages, widths and schemes.
func TestAxe(t *testing.T) {
	script, err := os.ReadFile(os.Getenv("JEDAN_AXE"))
	if err != nil {
		t.Skip("JEDAN_AXE names no axe.min.js: accessibility is not checked")
	}
	ctx := browser(t)
	shots := os.Getenv("JEDAN_SHOTS")
	server := httptest.NewServer(stays(previewHandler(newRenderer(t, Options{}))))
	defer server.Close()
	for _, l := range looks(shots != "") {
		for _, s := range looked(l.lang) {
			name := fmt.Sprintf("%s-%s-%d-%s", s.name, l.lang, l.width, l.scheme)
			found, picture := inspect(t, ctx, server.URL+"/"+l.lang+"/"+s.name, l, string(script))
			if len(found) > 0 {
				t.Errorf("%s:\n%s", name, strings.Join(found, "\n"))
			}
			if shots != "" {
				if err := os.WriteFile(filepath.Join(shots, name+".png"), picture, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// looked are the states that a browser looks at: all, or, while a page is being made, those of which JEDAN_STATES is a part of the name.
func looked(lang string) []state {
	return slices.DeleteFunc(states(lang), func(s state) bool { return !strings.Contains(s.name, os.Getenv("JEDAN_STATES")) })
}

// stays withholds what would carry a page away: the script of the form_post page, and the refresh of one that leads on.
func stays(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/form-post.") {
			http.NotFound(w, r)
			return
		}
		if !strings.HasSuffix(r.URL.Path, "/elsewhere") {
			next.ServeHTTP(w, r)
			return
		}
		kept := httptest.NewRecorder()
		next.ServeHTTP(kept, r)
		maps.Copy(w.Header(), kept.Header())
		w.Header().Del("Content-Length")
		w.WriteHeader(kept.Code)
		_, _ = io.WriteString(w, strings.Replace(kept.Body.String(), `<meta http-equiv="refresh"`, `<meta name="refresh"`, 1))
	})
}

func inspect(t *testing.T, parent context.Context, url string, l look, axe string) ([]string, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(parent, time.Minute)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Func(l.set), chromedp.Navigate(url))
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > innerWidth"))
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	// form_post fades in after a moment; finish it rather than wait for it.
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[int]("document.getAnimations().map(a => a.finish()).length")); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](axe+";"+axeRun, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	if wide {
		found = append(found, "the page scrolls sideways")
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return found, picture
}
