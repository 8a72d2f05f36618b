package arch

import (
	"path"
	"slices"
	"strings"
)

func (c *checker) names() {
	for dir, fo := range c.folders {
		bag := []string{"utils", "util", "common", "helpers", "helper", "misc"}
		if slices.Contains(bag, path.Base(dir)) {
			c.reportFolder(dir, "names", "a package is named after what it owns; %s owns nothing", path.Base(dir))
		}
		code := false
		for _, f := range fo.files {
			if slices.Contains(bag, f.ast.Name.Name) {
				c.report(f.ast.Name.Pos(), "names", "a package is named after what it owns; %s owns nothing", f.ast.Name.Name)
			}
			code = code || !f.test
		}
		if code && !fo.documented() {
			c.reportFolder(dir, "doc", "there is no doc.go with the package's comment: what it owns and what it does not")
		}
	}
}

func (fo *folder) documented() bool {
	for _, f := range fo.files {
		if path.Base(f.name) == "doc.go" && f.ast.Doc != nil && len(strings.Fields(f.ast.Doc.Text())) > 3 {
			return true
		}
	}
	return false
}
