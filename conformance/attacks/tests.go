package attacks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Test is one test function.
type Test struct {
	Package string // its folder
	Name    string
	IDs     []string // cases that its name or its comment names
}

// Tests finds every test and fuzz test below root that names a case.
func Tests(root fs.FS) ([]Test, error) {
	id := regexp.MustCompile(`(AZ|TK|JW|SE|PW|MF|WB|DS|FE|SA|LD)[0-9]{2}`)
	var out []Test
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && isTest(fn) {
				if ids := id.FindAllString(fn.Name.Name+" "+fn.Doc.Text(), -1); len(ids) > 0 {
					slices.Sort(ids)
					out = append(out, Test{Package: path.Dir(name), Name: fn.Name.Name, IDs: slices.Compact(ids)})
				}
			}
		}
		return nil
	})
	return out, err
}

func isTest(fn *ast.FuncDecl) bool {
	return fn.Recv == nil && (strings.HasPrefix(fn.Name.Name, "Test") || strings.HasPrefix(fn.Name.Name, "Fuzz")) && fn.Name.Name != "TestMain"
}

// Names lists every test function of one folder.
func Names(root fs.FS, folder string) ([]string, error) {
	entries, err := fs.ReadDir(root, folder)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		name := path.Join(folder, e.Name())
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && isTest(fn) {
				out = append(out, fn.Name.Name)
			}
		}
	}
	return out, nil
}
