package web

import (
	"html"
	"html/template"
	"net/url"
	"strings"
	"unicode"
)

// Bounds, in characters, of what a stranger may put on a page.
const (
	maxName     = 64
	maxSentence = 254
)

// display makes a foreign name fit to be read: one line, no control or text-direction characters, cut at max.
func display(s string, limit int) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		if unicode.IsSpace(r) || r == unicode.ReplacementChar {
			space = n > 0
			continue
		}
		if unicode.IsControl(r) || (unicode.Is(unicode.Cf, r) && !joiner(r)) {
			continue
		}
		if n >= limit {
			return strings.TrimSpace(b.String()) + "…"
		}
		if space {
			b.WriteByte(' ')
			n, space = n+1, false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// joiner spares the two format characters that Persian, Indic scripts and emoji need.
func joiner(r rune) bool { return r == 0x200c || r == 0x200d }

// initial is the letter on the tile of an application or person without a picture.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "•"
}

// webLink passes http and https links with a host; anything else is no link.
func webLink(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || strings.ContainsFunc(s, isControl) {
		return ""
	}
	return s
}

// localPath passes paths of this server only: the policy blocks pictures of any other.
func localPath(s string) string {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\") || strings.ContainsFunc(s, isControl) {
		return ""
	}
	return s
}

// exactAction is an action attribute with the URI byte for byte: html/template would normalise it, and a
// relying party compares its callback exactly.
func exactAction(uri string) template.HTMLAttr {
	return template.HTMLAttr(`action="` + html.EscapeString(uri) + `"`) //nolint:gosec // G203: escaped, and only called for a checked URI
}

// fill puts the pairs name, value into the {name} places of a text, once and without reading values again.
func fill(text string, pairs []string, value func(string) string) string {
	if len(pairs) == 0 {
		return text
	}
	places := make([]string, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		places[i], places[i+1] = "{"+pairs[i]+"}", value(pairs[i+1])
	}
	return strings.NewReplacer(places...).Replace(text)
}
