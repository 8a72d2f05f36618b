package web

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Bounds of what is read of a language list; browsers send under 200 bytes and a handful of tags.
const (
	maxLanguageBytes = 512
	maxLanguageTags  = 16
)

// locales matches what a browser asks for with the catalogues that exist.
type locales struct {
	names   []string // default first
	matcher language.Matcher
}

func newLocales(texts catalogues) locales {
	names := []string{defaultLang}
	for name := range texts {
		if name != defaultLang {
			names = append(names, name)
		}
	}
	slices.Sort(names[1:])
	tags := make([]language.Tag, len(names))
	for i, name := range names {
		tags[i] = language.Make(name)
	}
	return locales{names: names, matcher: language.NewMatcher(tags)}
}

// Locale picks the language of a page: the person's own choice (the ja_lang parameter or cookie), then the
// application's ui_locales (OpenID Connect Core section 3.1.2.1), then Accept-Language, then English. The answer
// is always the name of a catalogue, whatever the input.
func (r *Renderer) Locale(req *http.Request, uiLocales string) string {
	if lang := r.choice(req, langChoice); lang != "" {
		return lang
	}
	asked := strings.Join(languageTags(bounded(uiLocales, ' ')), ",")
	for _, list := range []string{asked, bounded(req.Header.Get("Accept-Language"), ',')} {
		if lang := r.locales.match(list); lang != "" {
			return lang
		}
	}
	return defaultLang
}

// languageTags keeps the well-formed tags of a space-separated list.
func languageTags(list string) []string {
	fields := strings.Fields(list)
	return slices.DeleteFunc(fields[:min(len(fields), maxLanguageTags)], func(tag string) bool {
		_, err := language.Parse(tag)
		return err != nil
	})
}

// match gives the best catalogue for a list of tags, or "" when none of them comes near.
func (l locales) match(list string) string {
	if list == "" {
		return ""
	}
	tags, _, err := language.ParseAcceptLanguage(list)
	if err != nil {
		return ""
	}
	_, i, confidence := l.matcher.Match(tags[:min(len(tags), maxLanguageTags)]...)
	if confidence == language.No {
		return ""
	}
	return l.names[i]
}

// bounded cuts a list at its last whole entry within the bound.
func bounded(list string, separator byte) string {
	if len(list) <= maxLanguageBytes {
		return list
	}
	cut := strings.LastIndexByte(list[:maxLanguageBytes], separator)
	return list[:max(cut, 0)]
}
