package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// look is one way to look at a page.
type look struct {
	width  int64
	scheme string // light or dark
}

// set makes the tab look so. Motion is reduced: a page that slides in takes no clicks until it has.
func (l look) set(ctx context.Context, t *chromedp.Target) error {
	height := int64(844)
	if l.width > 600 {
		height = 800
	}
	if _, err := chromedp.EmulateViewport(l.width, height)(ctx, t); err != nil {
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
