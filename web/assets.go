package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// assetSet is every file that pages may load, under a name that has its content's hash.
type assetSet struct {
	hashed map[string]string // name → name with hash
	files  map[string]asset  // name with hash → file
}

type asset struct {
	kind string
	data []byte
}

// newAssetSet names the files. Style sheets come last, because they carry the hashed names of what they load.
func newAssetSet(files map[string][]byte) (*assetSet, error) {
	set := &assetSet{hashed: map[string]string{}, files: map[string]asset{}}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if x, y := path.Ext(a) == ".css", path.Ext(b) == ".css"; x != y {
			if x {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		data := files[name]
		if path.Ext(name) == ".css" {
			var err error
			if data, err = set.compact(data); err != nil {
				return nil, fmt.Errorf("web: %s: %w", name, err)
			}
		}
		set.add(name, data)
	}
	return set, nil
}

func (s *assetSet) add(name string, data []byte) {
	sum := sha256.Sum256(data)
	hash := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
	ext := path.Ext(name)
	full := strings.TrimSuffix(name, ext) + "." + hash + ext
	s.hashed[name], s.files[full] = full, asset{kind: contentType(name), data: data}
}

// compact drops comments and indentation and points url(name) at the file's hashed name.
func (s *assetSet) compact(css []byte) ([]byte, error) {
	text := regexp.MustCompile(`\s*\n\s*`).ReplaceAllString(strings.TrimSpace(stripComments(string(css))), "\n")
	var missing error
	text = regexp.MustCompile(`url\(["']?([^"')]+)["']?\)`).ReplaceAllStringFunc(text, func(use string) string {
		name := strings.Trim(use[len("url("):len(use)-1], `"'`)
		full, ok := s.hashed[name]
		if !ok {
			missing = fmt.Errorf("%s: no such file in assets/", use)
		}
		return "url(" + full + ")"
	})
	return []byte(text), missing
}

// Assets serves the files below {base}/assets/. A name without the right hash is 404, so what a browser keeps
// for a year never changes under its address.
func (r *Renderer) Assets() http.Handler {
	prefix := r.base + "/assets/"
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		name, ok := strings.CutPrefix(req.URL.Path, prefix)
		if !ok { // mounted behind http.StripPrefix
			name = strings.TrimPrefix(strings.TrimPrefix(req.URL.Path, "/assets/"), "/")
		}
		file, found := r.assets.files[name]
		if !found {
			h.Set("Cache-Control", "no-store")
			http.NotFound(w, req)
			return
		}
		h.Set("Content-Type", file.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(file.data))
	})
}

// contentType is the type of a file that a page may load, "" for any other kind.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	}
	return ""
}
