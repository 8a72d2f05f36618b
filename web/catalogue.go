package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed i18n/*.json
var catalogueFiles embed.FS

// catalogues maps language → key → text. The default language is the one every other must match.
type catalogues map[string]map[string]string

const defaultLang = "en"

func loadCatalogues() (catalogues, error) {
	entries, err := catalogueFiles.ReadDir("i18n")
	if err != nil {
		return nil, fmt.Errorf("web: catalogues: %w", err)
	}
	all := make(catalogues, len(entries))
	for _, e := range entries {
		data, err := catalogueFiles.ReadFile(path.Join("i18n", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("web: catalogue %s: %w", e.Name(), err)
		}
		texts := map[string]string{}
		if err := json.Unmarshal(data, &texts); err != nil {
			return nil, fmt.Errorf("web: catalogue %s: %w", e.Name(), err)
		}
		all[strings.TrimSuffix(e.Name(), ".json")] = texts
	}
	return all, nil
}

// text is the sentence for a key; a key that does not exist shows as itself.
func (c catalogues) text(lang, key string) string {
	if t, ok := c[lang][key]; ok {
		return t
	}
	return key
}

func (c catalogues) has(key string) bool {
	_, ok := c[defaultLang][key]
	return ok
}

// wait says a duration as a person would: seconds up to a minute, then minutes, hours and days, rounded up so that
// nobody is sent back too early.
func (c catalogues) wait(lang string, d time.Duration) string {
	unit, n := "second", math.Ceil(d.Seconds())
	switch {
	case d > 48*time.Hour:
		unit, n = "day", math.Ceil(d.Hours()/24)
	case d > time.Hour:
		unit, n = "hour", math.Ceil(d.Hours())
	case d > time.Minute:
		unit, n = "minute", math.Ceil(d.Minutes())
	}
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return fill(c.text(lang, "wait."+unit+form), []string{"n", strconv.Itoa(int(n))}, plain)
}

// date writes a time with its zone.
func (c catalogues) date(lang string, t time.Time) string {
	return fill(c.text(lang, "date.form"), []string{
		"day", strconv.Itoa(t.Day()), "month", c.text(lang, "month."+strconv.Itoa(int(t.Month()))),
		"year", strconv.Itoa(t.Year()), "time", t.Format("15:04"), "zone", t.Format("MST"),
	}, plain)
}

func plain(s string) string { return s }
