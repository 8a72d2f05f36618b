package web

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// quietZone is the empty border that readers need around a code, in modules (ISO/IEC 18004 section 9.1).
const quietZone = 4

// qrCode draws text as an inline picture, which the policy of every page allows without a request. It is black on white under every theme: readers
// want it so. A text of none gives none.
func qrCode(text string) (template.HTML, error) {
	if text == "" {
		return "", nil
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("web: QR code: %w", err)
	}
	size := code.Size + 2*quietZone
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			} else {
				x++
			}
		}
	}
	//nolint:gosec // G203: numbers only
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %d" shape-rendering="crispEdges" aria-hidden="true"><path fill="white" d="M0 0h%dv%dH0z"/><path fill="black" d="%s"/></svg>`,
		size, size, size, size, path.String())), nil
}
