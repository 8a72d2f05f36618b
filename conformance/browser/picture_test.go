package browser

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
	"testing"
)

// shrink makes a picture one of at most 256 colours: a screen has few, but for the edges of its letters.
func shrink(raw []byte) ([]byte, error) {
	from, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, paletted(from))
	return out.Bytes(), err
}

// paletted keeps the 256 most frequent colours and takes the nearest of them for the others.
func paletted(from image.Image) image.Image {
	counts := map[color.RGBA]int{}
	each(from, func(_, _ int, c color.RGBA) { counts[c]++ })
	colours := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(number(a), number(b)))
	})
	var palette color.Palette
	for _, c := range colours[:min(256, len(colours))] {
		palette = append(palette, c)
	}
	index := map[color.RGBA]uint8{}
	for _, c := range colours {
		index[c] = uint8(palette.Index(c))
	}
	to := image.NewPaletted(from.Bounds(), palette)
	each(from, func(x, y int, c color.RGBA) { to.SetColorIndex(x, y, index[c]) })
	return to
}

func number(c color.RGBA) int { return int(c.R)<<16 | int(c.G)<<8 | int(c.B) }

func each(m image.Image, do func(x, y int, c color.RGBA)) {
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := m.At(x, y).RGBA()
			do(x, y, color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(bl >> 8), 255})
		}
	}
}

// TestShrink: frequent colours survive as they are, rare ones become the nearest.
func TestShrink(t *testing.T) {
	from := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			c := color.RGBA{245, 246, 248, 255} // almost white: a surface, not a shade of the other
			switch {
			case y >= 48:
				c = color.RGBA{255, 255, 255, 255}
			case y < 16:
				c = color.RGBA{uint8(4 * x), uint8(4 * y), 9, 255}
			}
			from.SetRGBA(x, y, c)
		}
	}
	to, ok := paletted(from).(*image.Paletted)
	if !ok || len(to.Palette) != 256 {
		t.Fatal("not a palette of 256")
	}
	each(to, func(x, y int, got color.RGBA) {
		want := from.RGBAAt(x, y)
		if y < 16 {
			want, _ = to.Palette.Convert(want).(color.RGBA)
		}
		if got != want {
			t.Fatalf("%v at %d,%d, want %v", got, x, y, want)
		}
	})
}
