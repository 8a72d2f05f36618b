package required

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
)

// Terms are the terms of use that everybody accepts by version.
type Terms struct {
	Version string `config:"version" doc:"Version of the terms of use that everybody must accept, such as 2026-11. Another one asks everybody again: at the next sign-in, and at the next request of an application. Empty: there are none."`
	URL     string `config:"url" doc:"Where the terms of use can be read."`
}

// Validate refuses what cannot be meant.
func (t Terms) Validate() error {
	if (t.Version == "") != (t.URL == "") {
		return errors.New("version and url go together")
	}
	if t.Version == "" {
		return nil
	}
	if len(t.Version) > 64 || t.Version != strings.TrimSpace(t.Version) || strings.ContainsFunc(t.Version, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return errors.New("version must be a name of at most 64 characters")
	}
	u, err := url.Parse(t.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return errors.New("url must be an http or https URL")
	}
	return nil
}
