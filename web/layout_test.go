package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// wording is a set of texts that pages must have room for.
type wording struct {
	name   string
	lang   string
	change func(texts map[string]string)
	looks  []sight
}

// sight is one way to look at a page that is drawn already.
type sight struct {
	width  int64
	scheme string
	forced bool   // the system's colours instead of ours
	text   string // size of text; "": as it is
}

func (v sight) String() string {
	name := fmt.Sprintf("%d-%s", v.width, v.scheme)
	if v.forced {
		name += "-forced"
	}
	if v.text != "" {
		name += "-" + strings.TrimSuffix(v.text, "%")
	}
	return name
}

func wordings() []wording {
	narrow := sight{width: 320, scheme: "light"}
	large := sight{width: 390, scheme: "light", text: "200%"}
	return []wording{
		{"en", "en", nil, []sight{
			narrow, {width: 390, scheme: "dark"}, {width: 1280, scheme: "light"}, {width: 1280, scheme: "dark"}, large,
		}},
		{"forced", "en", nil, []sight{{width: 390, scheme: "dark", forced: true}}}, // on pages of its own: Chromium keeps its background for the next look
		{"de", "de", nil, []sight{narrow, {width: 390, scheme: "light"}, {width: 1280, scheme: "light"}, large}},
		{"long", "en", stretch, []sight{narrow, {width: 1280, scheme: "light"}, large}},
		{"rtl", "en", func(texts map[string]string) { stretch(texts); texts["meta.dir"] = "rtl" }, []sight{narrow, {width: 390, scheme: "dark"}, {width: 1280, scheme: "light"}}},
	}
}

// untouched are the parts of a text that no translator may change: values and markup.
var (
	untouched = regexp.MustCompile(`\{[^}]*\}|<[^>]*>|&[a-z]+;`)
	vowel     = regexp.MustCompile(`[aeiouyAEIOUY]`)
)

// stretch makes every text about 40 % longer: its vowels are doubled.
func stretch(texts map[string]string) {
	for key, text := range texts {
		if strings.HasPrefix(key, "meta.") {
			continue
		}
		at, out := 0, ""
		for _, part := range untouched.FindAllStringIndex(text, -1) {
			out += vowel.ReplaceAllString(text[at:part[0]], "$0$0") + text[part[0]:part[1]]
			at = part[1]
		}
		texts[key] = out + vowel.ReplaceAllString(text[at:], "$0$0")
	}
}

// ownTexts are texts that may be changed: those of the process are everybody's.
func ownTexts(t *testing.T, w wording) catalogues {
	t.Helper()
	own, err := loadCatalogues()
	if err != nil {
		t.Fatal(err)
	}
	w.change(own[w.lang])
	return own
}

// unfit lists what does not fit: a page that scrolls sideways, text that its box cuts off, text outside of the page.
const unfit = `(() => {
	const found = [], page = document.documentElement;
	if (page.scrollWidth > innerWidth) found.push("the page scrolls sideways: " + page.scrollWidth + " of " + innerWidth);
	for (const e of document.body.querySelectorAll("*")) {
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
		const box = e.getBoundingClientRect(), style = getComputedStyle(e);
		if (box.width <= 1 || box.height <= 1 || e.closest(".hidden, .skip, svg")) continue;
		const cut = style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1 && style.overflowX !== "auto" || style.overflowY === "hidden" && e.scrollHeight > e.clientHeight + 1;
		if (cut || box.left < -1 || box.right > innerWidth + 1) found.push((cut ? "cut off: " : "outside: ") + e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 60));
	}
	return found;
})()`

// TestLayout: every page in every state has room for its text at 320 to 1280 px, with text of twice the size, in German, in words 40 % longer and from
// right to left (with JEDAN_AXE, as TestAxe). With JEDAN_SHEETS=folder it also keeps a contact sheet for each way to look.
func TestLayout(t *testing.T) {
	if os.Getenv("JEDAN_AXE") == "" && os.Getenv("JEDAN_SHEETS") == "" {
		t.Skip("without JEDAN_AXE pages are not looked at in every size: it takes minutes")
	}
	ctx := browser(t)
	for _, w := range wordings() {
		r := newRenderer(t, Options{})
		if w.change != nil {
			r.texts = ownTexts(t, w)
		}
		s := newSheets(t, w.name)
		server := httptest.NewServer(s.serve(stays(previewHandler(r))))
		for _, st := range looked(w.lang) {
			visit(t, ctx, server.URL+"/"+w.lang+"/"+st.name)
			for _, v := range w.looks {
				for _, what := range v.at(t, ctx) {
					t.Errorf("%s, %s, %s: %s", st.name, w.name, v, what)
				}
				s.take(t, ctx, v, st.name)
			}
		}
		s.keep(t, ctx, server.URL)
		server.Close()
	}
}

func visit(t *testing.T, parent context.Context, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(parent, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
}

// at looks at the page that is open and lists what does not fit.
func (v sight) at(t *testing.T, parent context.Context) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(parent, time.Minute)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Func(v.set))
	if err == nil {
		_, err = chromedp.Run(ctx, chromedp.Evaluate[int](fmt.Sprintf("document.documentElement.style.fontSize = %q, document.getAnimations().map(a => a.finish()).length", v.text)))
	}
	if err != nil {
		t.Fatal(err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](unfit))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (v sight) set(ctx context.Context, t *chromedp.Target) error {
	if _, err := chromedp.EmulateViewport(v.width, 844)(ctx, t); err != nil {
		return err
	}
	colours := "none"
	if v.forced {
		colours = "active"
	}
	_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: v.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "forced-colors", Value: colours},
	}})
	return err
}

// sheets are contact sheets: a small picture of each state, one sheet for each way to look. Without a folder nothing is kept.
type sheets struct {
	folder, name string
	order        []string // of states
	shots        map[string][]byte
	views        []sight
}

func newSheets(t *testing.T, name string) *sheets {
	t.Helper()
	return &sheets{folder: os.Getenv("JEDAN_SHEETS"), name: name, shots: map[string][]byte{}}
}

func (s *sheets) take(t *testing.T, ctx context.Context, v sight, state string) {
	t.Helper()
	if s.folder == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	s.shots[v.String()+"/"+state] = picture
	if len(s.order) == 0 || s.order[len(s.order)-1] != state {
		s.order = append(s.order, state)
	}
	if len(s.order) == 1 {
		s.views = append(s.views, v)
	}
}

// serve adds the pictures and the sheets to a handler.
func (s *sheets) serve(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", next)
	mux.HandleFunc("GET /shots/{view}/{state}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(s.shots[r.PathValue("view")+"/"+r.PathValue("state")]) //nolint:errcheck // a picture for our own browser
	})
	mux.HandleFunc("GET /sheets/{view}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		page := `<!doctype html><style>body{margin:8px;display:grid;grid-template-columns:repeat(10,1fr);gap:8px;font:11px sans-serif;background:#999}
figure{margin:0}img{width:100%;max-height:248px;object-fit:cover;object-position:top;display:block}</style>`
		for _, state := range s.order {
			page += fmt.Sprintf(`<figure><img src="/shots/%s/%s"><figcaption>%s</figcaption></figure>`, r.PathValue("view"), state, state)
		}
		_, _ = w.Write([]byte(page)) //nolint:errcheck // as above
	})
	return mux
}

// keep writes the sheets.
func (s *sheets) keep(t *testing.T, ctx context.Context, base string) {
	t.Helper()
	for _, v := range s.views {
		if err := chromedp.Do(ctx, chromedp.Func(sight{width: 1200, scheme: "light"}.set), chromedp.Navigate(base+"/sheets/"+v.String())); err != nil {
			t.Fatal(err)
		}
		picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(25))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.folder, s.name+"-"+v.String()+".jpg"), picture, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
