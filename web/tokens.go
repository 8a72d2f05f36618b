package web

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// tokens are the custom properties of the three blocks that a tokens.css may have, and its font faces.
type tokens struct {
	light    map[string]string // also every size
	dark     map[string]string
	contrast map[string]string
	order    []string // names as first seen
	fonts    []string
}

// mergeTokens lays a theme's tokens over ours and checks the result.
func mergeTokens(ours, theirs []byte) (*tokens, error) {
	t := tokens{light: map[string]string{}, dark: map[string]string{}, contrast: map[string]string{}}
	if err := t.read(string(ours), false); err != nil {
		return nil, fmt.Errorf("web: %s: %w", tokensFile, err)
	}
	if err := t.read(string(theirs), true); err != nil {
		return nil, fmt.Errorf("web: theme: %s: %w", tokensFile, err)
	}
	if err := t.checkContrast(); err != nil {
		return nil, fmt.Errorf("web: theme: %w", err)
	}
	return &t, nil
}

// read takes the blocks of a sheet. A theme may not name a --ja- token that no page uses: a typing mistake would
// otherwise go unseen.
func (t *tokens) read(css string, theme bool) error {
	css = stripComments(css)
	for strings.TrimSpace(css) != "" {
		prelude, body, rest, err := block(css)
		if err != nil {
			return err
		}
		css = rest
		into := t.light
		switch {
		case prelude == "@font-face":
			t.fonts = append(t.fonts, "@font-face{"+strings.TrimSpace(body)+"}")
			continue
		case strings.HasPrefix(prelude, "@media"):
			if into = t.media(prelude); into == nil {
				return fmt.Errorf("%s: only (prefers-color-scheme: dark) and (prefers-contrast: more) are read", prelude)
			}
			if prelude, body, rest, err = block(body); err != nil {
				return err
			}
			if strings.TrimSpace(rest) != "" {
				return fmt.Errorf("%s: one block in each @media", strings.TrimSpace(rest))
			}
		}
		if prelude != ":root" {
			return fmt.Errorf("%s: only :root is read", prelude)
		}
		if err := t.declare(body, into, theme); err != nil {
			return err
		}
	}
	return nil
}

func (t *tokens) media(prelude string) map[string]string {
	switch strings.Join(strings.Fields(strings.ReplaceAll(prelude, ":", " ")), "") {
	case "@media(prefers-color-schemedark)":
		return t.dark
	case "@media(prefers-contrastmore)":
		return t.contrast
	}
	return nil
}

func (t *tokens) declare(body string, into map[string]string, theme bool) error {
	for line := range strings.SplitSeq(body, ";") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || !strings.HasPrefix(name, "--") || value == "" {
			return fmt.Errorf("%s: want --name: value", line)
		}
		if _, known := t.light[name]; !known {
			if theme && strings.HasPrefix(name, "--ja-") {
				return fmt.Errorf("%s: no page uses this token", name)
			}
			t.order = append(t.order, name)
			t.light[name] = value
		}
		into[name] = value
	}
	return nil
}

// sheet writes the tokens so that a person's own choice (data-theme) wins over the device's.
func (t *tokens) sheet() string {
	var b strings.Builder
	for _, f := range t.fonts {
		b.WriteString(f)
	}
	dark := t.list(t.dark)
	fmt.Fprintf(&b, ":root{color-scheme:light dark;%s}\n", t.list(t.light))
	b.WriteString(":root[data-theme=light]{color-scheme:light}\n")
	fmt.Fprintf(&b, "@media (prefers-color-scheme:dark){:root:not([data-theme=light]){%s}}\n", dark)
	fmt.Fprintf(&b, ":root[data-theme=dark]{color-scheme:dark;%s}\n", dark)
	fmt.Fprintf(&b, "@media (prefers-contrast:more){:root:root:root{%s}}\n", t.list(t.contrast))
	return b.String()
}

func (t *tokens) list(values map[string]string) string {
	var b strings.Builder
	for _, name := range t.order {
		if v, ok := values[name]; ok {
			b.WriteString(name + ":" + v + ";")
		}
	}
	return b.String()
}

// schemes are the four sets of values a person may see.
func (t *tokens) schemes() []scheme {
	with := func(layers ...map[string]string) map[string]string {
		all := maps.Clone(t.light)
		for _, l := range layers {
			maps.Copy(all, l)
		}
		return all
	}
	return []scheme{
		{"light", with()},
		{"dark", with(t.dark)},
		{"light with more contrast", with(t.contrast)},
		{"dark with more contrast", with(t.dark, t.contrast)},
	}
}

// block takes the first "prelude { body }" off a sheet.
func block(css string) (prelude, body, rest string, err error) {
	open := strings.IndexByte(css, '{')
	if open < 0 {
		return "", "", "", fmt.Errorf("%.40q: want a block", strings.TrimSpace(css))
	}
	depth := 0
	for i := open; i < len(css); i++ {
		switch css[i] {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return strings.TrimSpace(css[:open]), css[open+1 : i], css[i+1:], nil
		}
	}
	return "", "", "", fmt.Errorf("%s: block without an end", strings.TrimSpace(css[:open]))
}

func stripComments(css string) string {
	return regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(css, "")
}
