package arch

import (
	"slices"
	"strings"
)

const (
	unknownHeight  = -1
	errsHeight     = 0
	entityHeight   = 1
	platformHeight = 2
	featureHeight  = 3
	appHeight      = 4
	binaryHeight   = 5
)

func features() []string {
	return []string{"provider", "federation", "consent", "login", "account", "risk", "admin"}
}

// heightOf is a folder's place on the staircase. internal/seal stands beside the
// entities, because they have sealed columns.
func heightOf(dir string) int {
	switch {
	case within(dir, "internal/errs"):
		return errsHeight
	case dir == "storage" || within(dir, "internal/seal"):
		return entityHeight
	case within(dir, "internal/app"):
		return appHeight
	case withinAny(dir, "internal/testkit", "cmd", "conformance", "examples"):
		return binaryHeight
	case withinAny(dir, "internal", "web", "migrations", "storage"):
		return platformHeight
	case withinAny(dir, features()...):
		return featureHeight
	}
	return unknownHeight
}

// pluginOf is the plug-in folder that dir belongs to, "" if none. storetest and
// contest are contracts, not plug-ins: plug-ins' tests call them.
func pluginOf(dir string) string {
	for _, parent := range []string{"storage", "federation", "internal/keys", "internal/audit/sinks", "login"} {
		rest, below := strings.CutPrefix(dir, parent+"/")
		if !below {
			continue
		}
		kind, _, _ := strings.Cut(rest, "/")
		if kind == "storetest" || kind == "contest" {
			return ""
		}
		return parent + "/" + kind
	}
	return ""
}

// topOf is the first element of a path.
func topOf(dir string) string {
	top, _, _ := strings.Cut(dir, "/")
	return top
}

// providerPart is the subfolder of provider that dir belongs to, "" for its root.
func providerPart(dir string) string {
	rest, _ := strings.CutPrefix(dir, "provider/")
	if rest == dir {
		return ""
	}
	return topOf(rest)
}

func (c *checker) staircase() {
	for dir, fo := range c.folders {
		if heightOf(dir) == unknownHeight {
			c.reportFolder(dir, "staircase", "the folder has no height: see ARCHITECTURE.md for where code may live")
			continue
		}
		if dir == "provider" {
			c.providerRoot(fo)
		}
		for _, f := range fo.files {
			for _, im := range f.imports {
				if im.own {
					c.step(dir, f, im)
				}
			}
		}
	}
}

// step judges one import of our own.
func (c *checker) step(dir string, f *file, im imported) {
	to := im.inner
	if heightOf(to) == unknownHeight {
		c.report(im.pos, "staircase", "imports %s, which has no height", to)
		return
	}
	c.stepDown(dir, f, im)
	c.stepFeature(dir, im)
	c.stepPlugin(dir, f, im)
	c.stepProvider(dir, im)
}

func (c *checker) stepDown(dir string, f *file, im imported) {
	from, to := heightOf(dir), heightOf(im.inner)
	if f.test && from < appHeight && within(im.inner, "internal/testkit") {
		return // a booted server is what outside tests are for
	}
	if f.test && from == entityHeight && to == platformHeight && within(im.inner, "storage") {
		return
	}
	if to > from {
		c.report(im.pos, "staircase", "%s (height %d) imports %s (height %d): imports point down", dir, from, im.inner, to)
	}
}

func (c *checker) stepFeature(dir string, im imported) {
	from, to := topOf(dir), topOf(im.inner)
	if from != to && slices.Contains(features(), from) && slices.Contains(features(), to) {
		c.report(im.pos, "features", "%s imports %s: declare a small interface in module.go, internal/app passes the implementation", dir, im.inner)
	}
}

// stepPlugin lets only the composition root and the binaries name a plug-in.
// Tests may, to have a real database or factor.
func (c *checker) stepPlugin(dir string, f *file, im imported) {
	plugin := pluginOf(im.inner)
	if plugin == "" || within(dir, plugin) || heightOf(dir) >= appHeight {
		return
	}
	if f.test && pluginOf(dir) == "" {
		return
	}
	if f.test && topOf(plugin) == "storage" && topOf(dir) != "storage" {
		return
	}
	c.report(im.pos, "plug-in", "%s imports the plug-in %s: only internal/app and cmd name it", dir, plugin)
}

func (c *checker) stepProvider(dir string, im imported) {
	if topOf(dir) != "provider" || topOf(im.inner) != "provider" {
		return
	}
	from, to := providerPart(dir), providerPart(im.inner)
	switch {
	case from == "" || from == to:
	case to == "":
		c.report(im.pos, "provider", "%s imports provider's root: the root imports its parts", dir)
	case to != "core":
		c.report(im.pos, "provider", "%s imports %s: parts of provider share core and nothing else", dir, im.inner)
	case from == "core":
		c.report(im.pos, "provider", "core imports %s", im.inner)
	}
}

func (c *checker) providerRoot(fo *folder) {
	for _, f := range fo.files {
		if base := strings.TrimPrefix(f.name, "provider/"); !f.test && base != "module.go" && base != "compose.go" && base != "doc.go" {
			c.report(f.ast.Package, "provider", "the root of provider holds module.go and compose.go; %s belongs to a part", base)
		}
	}
}
