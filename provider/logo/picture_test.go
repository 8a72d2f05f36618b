package logo

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

func encoded(t testing.TB, kind string, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	pic := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	var err error
	switch kind {
	case "image/png":
		err = png.Encode(&b, pic)
	case "image/jpeg":
		err = jpeg.Encode(&b, pic, nil)
	case "image/gif":
		err = gif.Encode(&b, pic, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// DR06, WB04: what is passed on is a picture of a harmless type and size, whatever it was called.
func TestPictures(t *testing.T) {
	for _, kind := range []string{"image/png", "image/jpeg", "image/gif"} {
		if got, err := picture(encoded(t, kind, 16)); got != kind || err != nil {
			t.Errorf("%s: %q %v", kind, got, err)
		}
		if got, err := picture(encoded(t, kind, maxSide+1)); err == nil {
			t.Errorf("%s of %d pixels is %q", kind, maxSide+1, got)
		}
		if got, err := picture(encoded(t, kind, 16)[:12]); err == nil {
			t.Errorf("half a %s is %q", kind, got)
		}
	}
	for _, bad := range []string{
		"", "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>", "<?xml version=\"1.0\"?><svg/>", "<html>", "\x89PNG", "GIF89a<script>", "BM\x00\x00", "RIFF\x00\x00\x00\x00WEBPVP8 ",
		" \x89PNG\r\n\x1a\n", "\xff\xd8\xff<script>",
	} {
		if got, err := picture([]byte(bad)); err == nil {
			t.Errorf("%q is %q", bad, got)
		}
	}
}

func FuzzPicture(f *testing.F) {
	for _, kind := range []string{"image/png", "image/jpeg", "image/gif"} {
		f.Add(encoded(f, kind, 4))
	}
	f.Add([]byte("<svg/>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		kind, err := picture(body)
		if err == nil && bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
			t.Fatalf("%q is %q", body, kind)
		}
	})
}
