package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// scheme is one complete set of token values.
type scheme struct {
	name   string
	values map[string]string
}

// Contrast ratios of WCAG 2.2, criteria 1.4.3 (text) and 1.4.11 (borders of controls).
const (
	textRatio   = 4.5
	borderRatio = 3.0
)

// pair is a colour and what it lies on, as token names without --ja-.
type pair struct {
	front, back string
	ratio       float64
}

// contrastPairs are all the pairs that app.css draws.
func contrastPairs() []pair {
	pairs := []pair{
		{"on-accent", "accent", textRatio}, {"on-accent", "accent-hover", textRatio},
		{"danger", "danger-tint", textRatio}, {"warn", "warn-tint", textRatio}, {"ok", "ok-tint", textRatio}, {"on-accent", "danger", textRatio},
	}
	for _, back := range []string{"bg", "surface"} {
		for _, front := range []string{"text", "muted", "accent", "accent-hover", "danger", "warn", "ok"} {
			pairs = append(pairs, pair{front, back, textRatio})
		}
		pairs = append(pairs, pair{"border", back, borderRatio})
	}
	for _, back := range []string{"danger-tint", "warn-tint", "ok-tint"} {
		pairs = append(pairs, pair{"text", back, textRatio})
	}
	return pairs
}

// checkContrast refuses the first pair that is too faint, by name.
func (t *tokens) checkContrast() error {
	for _, s := range t.schemes() {
		for _, p := range contrastPairs() {
			front, err := s.luminance(p.front)
			if err != nil {
				return err
			}
			back, err := s.luminance(p.back)
			if err != nil {
				return err
			}
			ratio := (max(front, back) + 0.05) / (min(front, back) + 0.05)
			if ratio < p.ratio {
				return fmt.Errorf("%s: --ja-%s on --ja-%s has a contrast of %.2f:1, want %.1f:1", s.name, p.front, p.back, ratio, p.ratio)
			}
		}
	}
	return nil
}

// luminance is the relative luminance (WCAG 2.2) of a token, 0 to 1.
func (s scheme) luminance(token string) (float64, error) {
	value := s.values["--ja-"+token]
	for range 4 { // a token may name another, not itself
		name, ok := strings.CutPrefix(value, "var(")
		if !ok {
			break
		}
		value = s.values[strings.TrimSuffix(name, ")")]
	}
	red, green, blue, err := rgb(value)
	if err != nil {
		return 0, fmt.Errorf("%s: --ja-%s: %w", s.name, token, err)
	}
	return 0.2126*linear(red) + 0.7152*linear(green) + 0.0722*linear(blue), nil
}

func rgb(value string) (red, green, blue uint8, err error) {
	digits, ok := strings.CutPrefix(value, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	n, parseErr := strconv.ParseUint(digits, 16, 32)
	if !ok || len(digits) != 6 || parseErr != nil {
		return 0, 0, 0, fmt.Errorf("%q: want a colour as #rgb or #rrggbb", value)
	}
	return uint8(n >> 16), uint8(n >> 8), uint8(n), nil //nolint:gosec // G115: six hexadecimal digits, each byte cut on purpose
}

func linear(channel uint8) float64 {
	c := float64(channel) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
