package logo

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// maxSide bounds a picture's width and height: a browser unpacks it whole (WB04).
const maxSide = 2048

// picture says what type the bytes themselves are of: PNG, JPEG or GIF. What the other server called them does not count, and SVG, which can carry
// scripts, is none of these.
func picture(body []byte) (kind string, err error) {
	for _, t := range []struct {
		magic, kind string
		read        func(io.Reader) (image.Config, error)
	}{
		{"\x89PNG\r\n\x1a\n", "image/png", png.DecodeConfig}, {"\xff\xd8\xff", "image/jpeg", jpeg.DecodeConfig},
		{"GIF87a", "image/gif", gif.DecodeConfig}, {"GIF89a", "image/gif", gif.DecodeConfig},
	} {
		if !bytes.HasPrefix(body, []byte(t.magic)) {
			continue
		}
		size, err := t.read(bytes.NewReader(body))
		switch {
		case err != nil:
			return "", err
		case size.Width < 1 || size.Height < 1 || size.Width > maxSide || size.Height > maxSide:
			return "", errors.New("logo: too large in pixels")
		}
		return t.kind, nil
	}
	return "", errors.New("logo: no picture of a type that is passed on")
}
