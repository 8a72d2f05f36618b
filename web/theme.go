package web

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

//go:embed templates/*.html assets/*
var embedded embed.FS

// maxThemeFile bounds one file of a theme, in bytes.
const maxThemeFile = 1 << 20

const tokensFile = "tokens.css"

// files are the contents of both folders by name.
type files struct {
	templates map[string][]byte
	assets    map[string][]byte
	mails     map[string][]byte
	tokens    *tokens
}

// readTheme reads the embedded files and lays those of the theme's folder over them. The folder is opened as a
// root: no link in it leads outside.
func readTheme(dir string) (files, error) {
	f := files{templates: map[string][]byte{}, assets: map[string][]byte{}, mails: map[string][]byte{}}
	if err := f.layOver(embedded); err != nil {
		return f, err
	}
	if err := readMails(f.mails); err != nil {
		return f, err
	}
	ours := f.assets[tokensFile]
	if dir != "" {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return f, fmt.Errorf("web: theme: %w", err)
		}
		defer root.Close() //nolint:errcheck // only read from
		if err := f.layOver(root.FS()); err != nil {
			return f, err
		}
	}
	var err error
	if f.tokens, err = mergeTokens(ours, f.assets[tokensFile]); err != nil {
		return f, err
	}
	f.assets[tokensFile] = []byte(f.tokens.sheet()) // what browsers get
	return f, nil
}

func (f files) layOver(from fs.FS) error {
	if err := overlay(from, "templates", f.templates, func(name string) bool {
		_, known := f.templates[name]
		return known || from == fs.FS(embedded)
	}); err != nil {
		return err
	}
	if err := overlay(from, mailDir, f.mails, func(name string) bool { _, known := f.mails[name]; return known }); err != nil {
		return err
	}
	return overlay(from, "assets", f.assets, func(name string) bool { return contentType(name) != "" })
}

// overlay reads the files of a folder into the map. A missing folder is fine, a file that would be ignored is not.
func overlay(from fs.FS, dir string, into map[string][]byte, wanted func(string) bool) error {
	entries, err := fs.ReadDir(from, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("web: theme: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") {
			continue // a mounted configuration keeps its versions in dot folders
		}
		if !wanted(name) || strings.ContainsFunc(name, func(c rune) bool { return !plainByte(c) }) {
			return fmt.Errorf("web: theme: %s: no page uses a file of this name", path.Join(dir, name))
		}
		if into[name], err = readBounded(from, path.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func readBounded(from fs.FS, name string) ([]byte, error) {
	f, err := from.Open(name)
	if err != nil {
		return nil, fmt.Errorf("web: theme: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read from
	data, err := io.ReadAll(io.LimitReader(f, maxThemeFile+1))
	if err != nil {
		return nil, fmt.Errorf("web: theme: %w", err)
	}
	if len(data) > maxThemeFile {
		return nil, fmt.Errorf("web: theme: %s: larger than %d bytes", name, maxThemeFile)
	}
	return data, nil
}
