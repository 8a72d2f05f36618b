package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build says which build this is.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"` // files differed from the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (c *cli) version() *cobra.Command {
	return c.verb("version", "Say which build this is", cobra.NoArgs, func(*cobra.Command, []string) error { return c.show(c.build()) })
}

func (c *cli) build() build {
	b := build{Version: c.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// commit names the source of this build: the revision, marked when files differed from it, or the release where no revision is known.
func (b build) commit() string {
	switch {
	case b.Commit == "":
		return b.Version
	case b.Modified:
		return b.Commit + " with changes"
	}
	return b.Commit
}
