package web

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"sync"
)

// parts are what files make. They are the same for every renderer of a theme, and nothing changes them.
type parts struct {
	pages  *template.Template // see parsePages
	texts  catalogues
	assets *assetSet
	mails  mails

	once *sync.Once // guards bad
	bad  *error     // what the rehearsal found
}

// stock are the parts of a renderer without a theme: a process reads and rehearses its own files once.
var stock = sync.OnceValues(func() (*parts, error) { return newParts("") })

// partsOf reads a theme laid over the embedded files.
func partsOf(themeDir string) (*parts, error) {
	if themeDir == "" {
		return stock()
	}
	return newParts(themeDir)
}

func newParts(themeDir string) (*parts, error) {
	p := &parts{once: new(sync.Once), bad: new(error)}
	files, err := readTheme(themeDir)
	if err != nil {
		return nil, err
	}
	if p.texts, err = loadCatalogues(); err != nil {
		return nil, err
	}
	if p.assets, err = newAssetSet(files.assets); err != nil {
		return nil, err
	}
	if p.pages, err = parsePages(files.templates); err != nil {
		return nil, err
	}
	p.mails, err = newMails(files)
	return p, err
}

// rehearsed has the first renderer of these parts draw everything once.
func (p *parts) rehearsed(r *Renderer) error {
	p.once.Do(func() {
		if *p.bad = r.rehearse(); *p.bad == nil {
			*p.bad = r.rehearseMails()
		}
	})
	return *p.bad
}

// rehearse draws every page once: html/template finds misplaced values and unknown fields only then.
func (r *Renderer) rehearse() error {
	req := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{}}
	for _, p := range samples() {
		if _, _, err := r.draw(req, p); err != nil {
			return fmt.Errorf("web: %w", err)
		}
	}
	return nil
}
