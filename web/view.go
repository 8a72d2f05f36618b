package web

import (
	"cmp"
	"html"
	"html/template"
	"net/http"
	"slices"
	"time"
)

// view is what templates see: the page as P and the means to speak, link and format.
type view struct {
	P      Page
	Lang   string
	Base   string
	Scheme string // the person's choice of light or dark, "" for the device's

	r       *Renderer
	req     *http.Request
	spec    spec
	product string
}

// choiceLink offers another language or appearance.
type choiceLink struct {
	Value, Name, Href string
	Current           bool
}

func (r *Renderer) view(req *http.Request, p Page) *view {
	s := p.spec()
	lang := s.lang
	if !slices.Contains(r.locales.names, lang) {
		lang = r.Locale(req, "")
	}
	scheme := r.choice(req, schemeChoice)
	if scheme == "auto" {
		scheme = ""
	}
	return &view{P: p, Lang: lang, Base: r.base, Scheme: scheme, r: r, req: req, spec: s, product: r.product}
}

// T is the catalogue's sentence, plain, for attributes and titles.
func (v *view) T(key string, pairs ...string) string {
	return fill(v.r.texts.text(v.Lang, key), pairs, v.Sentence)
}

// H is the catalogue's sentence for running text: names in it stand in bdi, so that their direction and weight
// stay their own.
func (v *view) H(key string, pairs ...string) template.HTML {
	return template.HTML(fill(html.EscapeString(v.r.texts.text(v.Lang, key)), pairs, func(s string) string { //nolint:gosec // G203: text and values are escaped
		return "<bdi>" + html.EscapeString(v.Sentence(s)) + "</bdi>"
	}))
}

// Has says that the catalogue has the key.
func (v *view) Has(key string) bool { return v.r.texts.has(key) }

// Name cuts a foreign name to a readable length, Sentence anything longer.
func (*view) Name(s string) string { return display(s, maxName) }

// Sentence is Name for values of sentence length, such as addresses.
func (*view) Sentence(s string) string { return display(s, maxSentence) }

// Client names the application of the page, or the product where there is none.
func (v *view) Client() string { return cmp.Or(v.Name(v.spec.client), v.product) }

// Product is the name of this installation.
func (v *view) Product() string { return v.product }

// Title is the document's title, Heading the visible one.
func (v *view) Title() string { return v.T(v.spec.title.key, v.titlePairs(v.spec.title)...) }

// Heading is the page's h1.
func (v *view) Heading() template.HTML {
	m := v.spec.heading
	if m.key == "" {
		m = v.spec.title
	}
	return v.H(m.key, v.titlePairs(m)...)
}

func (v *view) titlePairs(m message) []string {
	return append(slices.Clone(m.pairs), "client", v.Client())
}

// Logo is the application's picture, the product's own on pages without an application, else "".
func (v *view) Logo() string {
	if v.spec.client == "" {
		return v.Asset("logo.svg")
	}
	return localPath(v.spec.logo)
}

// Initial is the letter on a tile.
func (v *view) Initial(name string) string { return initial(v.Name(name)) }

// Asset is the address of a file of the asset set.
func (v *view) Asset(name string) string { return v.Base + "/assets/" + v.r.assets.hashed[name] }

// Script is the page's script.
func (v *view) Script() string { return v.Asset(cmp.Or(v.spec.script, "ui.js")) }

// Passkeys is the script for passkeys, "" on pages that have nothing to do with them.
func (v *view) Passkeys() string {
	if !v.spec.passkeys {
		return ""
	}
	return v.Asset("passkey.js")
}

// Display is OpenID Connect's display parameter (Core section 3.1.2.1), where it changes the page.
func (v *view) Display() string {
	if d := v.spec.display; d == "popup" || d == "touch" || d == "wap" {
		return d
	}
	return ""
}

// Link passes http and https links only; "" is no link.
func (*view) Link(s string) string { return webLink(s) }

// Policy and Terms are the application's own pages.
func (v *view) Policy() string { return webLink(v.spec.policy) }

// Terms is the application's terms of service.
func (v *view) Terms() string { return webLink(v.spec.terms) }

// Wait says a duration in words, When a time with its zone.
func (v *view) Wait(d time.Duration) string { return v.r.texts.wait(v.Lang, d) }

// When says a time with its zone.
func (v *view) When(t time.Time) string { return v.r.texts.date(v.Lang, t) }

// Languages links to the same page in every other language.
func (v *view) Languages() []choiceLink {
	var links []choiceLink
	for _, name := range v.r.locales.names {
		if href := v.r.withChoice(v.req, v.spec, langChoice, name); name != v.Lang && href != "" && v.spec.script == "" {
			links = append(links, choiceLink{Value: name, Name: v.r.texts.text(name, "meta.name"), Href: href})
		}
	}
	return links
}

// Appearances links to the same page light, dark or as the device has it.
func (v *view) Appearances() []choiceLink {
	var links []choiceLink
	for _, name := range v.r.choices(schemeChoice) {
		links = append(links, choiceLink{
			Value: name, Name: v.T("home.appearance." + name), Current: name == cmp.Or(v.Scheme, "auto"),
			Href: v.r.withChoice(v.req, v.spec, schemeChoice, name),
		})
	}
	return links
}

// Again is the address of the same request, where waiting helps and repeating is harmless.
func (v *view) Again() string {
	if v.spec.wait <= 0 || v.req.Method != http.MethodGet || len(v.req.URL.RawQuery) > maxQuery {
		return ""
	}
	return "?" + v.req.URL.RawQuery
}

// Problem is the catalogue's text of an error key; a key it does not know never reaches the page.
func (v *view) Problem(key string, pairs ...string) string {
	if key == "" {
		return ""
	}
	if !v.Has(key) {
		key = "page.problem.other"
	}
	return v.T(key, pairs...)
}
