package arch

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Violation is one broken rule.
type Violation struct {
	Where  string // file:line, or a folder
	Rule   string // a short name
	Reason string // what to do instead, in a sentence
}

// String is a line for a test's output.
func (v Violation) String() string { return v.Where + ": [" + v.Rule + "] " + v.Reason }

// Check reads all Go packages below root, which holds module, and returns what
// breaks the rules. Folders that do not exist are no violation; nested modules,
// testdata and folders that begin with "." or "_" are not looked at.
func Check(root fs.FS, module string) ([]Violation, error) {
	t := &tree{module: module, fset: token.NewFileSet(), folders: map[string]*folder{}}
	if err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return t.visit(root, name, d)
	}); err != nil {
		return nil, fmt.Errorf("arch: %w", err)
	}
	c := &checker{tree: t}
	c.staircase()
	c.libraries()
	c.names()
	c.state()
	slices.SortFunc(c.found, func(a, b Violation) int { return cmp.Compare(a.String(), b.String()) })
	return slices.Compact(c.found), nil
}

// tree is all packages of the module by folder.
type tree struct {
	module  string
	fset    *token.FileSet
	folders map[string]*folder
}

type folder struct {
	path  string
	files []*file
}

type file struct {
	name    string // with its folder
	test    bool
	ast     *ast.File
	imports []imported
}

type imported struct {
	path  string // as written
	inner string // the folder, if it is the module's own; "." is the root
	own   bool
	name  string // the name the file uses
	pos   token.Pos
}

func (t *tree) visit(root fs.FS, name string, d fs.DirEntry) error {
	if d.IsDir() {
		base := path.Base(name)
		if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "node_modules") {
			return fs.SkipDir
		}
		if _, err := fs.Stat(root, path.Join(name, "go.mod")); err == nil && name != "." {
			return fs.SkipDir
		}
		return nil
	}
	if !strings.HasSuffix(name, ".go") {
		return nil
	}
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(t.fset, name, src, parser.ParseComments)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	if t.folders[dir] == nil {
		t.folders[dir] = &folder{path: dir}
	}
	f := &file{name: name, test: strings.HasSuffix(name, "_test.go"), ast: parsed}
	f.imports = t.importsOf(parsed)
	t.folders[dir].files = append(t.folders[dir].files, f)
	return nil
}

func (t *tree) importsOf(f *ast.File) []imported {
	var out []imported
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it: cannot be
		}
		im := imported{path: p, pos: spec.Pos(), name: importName(p)}
		if spec.Name != nil {
			im.name = spec.Name.Name
		}
		if p == t.module {
			im.own, im.inner = true, "."
		} else if rest, ok := strings.CutPrefix(p, t.module+"/"); ok {
			im.own, im.inner = true, rest
		}
		out = append(out, im)
	}
	return out
}

// importName is the name a package has when the file gives it none, as far as the
// path tells: without a version.
func importName(p string) string {
	base := path.Base(p)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = path.Base(path.Dir(p))
	}
	base, _, _ = strings.Cut(base, ".")
	return strings.TrimPrefix(base, "go-")
}

// checker collects violations.
type checker struct {
	*tree
	found []Violation
}

func (c *checker) report(pos token.Pos, rule, reason string, args ...any) {
	at := c.fset.Position(pos)
	c.found = append(c.found, Violation{Where: at.Filename + ":" + strconv.Itoa(at.Line), Rule: rule, Reason: fmt.Sprintf(reason, args...)})
}

func (c *checker) reportFolder(dir, rule, reason string, args ...any) {
	c.found = append(c.found, Violation{Where: dir, Rule: rule, Reason: fmt.Sprintf(reason, args...)})
}

// within reports whether dir is root or below it.
func within(dir, root string) bool { return dir == root || strings.HasPrefix(dir, root+"/") }

func withinAny(dir string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return within(dir, r) })
}
