package attacks

import (
	"bytes"
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

// Row is one rule of a table of checks as it stands in the source.
type Row struct {
	Name string // as in the log; one without a dot has the package's before it
	File string // slash-separated, from the root

	from, to int // the bytes of the literal and the comma after it
}

// folders are where tables stand.
func folders() []string { return []string{"provider", "login"} }

// Rows finds every row of every table below root: in functions named Rows, Needs, AuthnRows, rows or rules, each element that begins with a name.
func Rows(root fs.FS) ([]Row, error) {
	var out []Row
	for _, dir := range folders() {
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			rows, err := rowsOf(root, name)
			out = append(out, rows...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func rowsOf(root fs.FS, name string) ([]Row, error) {
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out []Row
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || !slices.Contains([]string{"Rows", "Needs", "AuthnRows", "rows", "rules"}, fn.Name.Name) {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			if list, ok := n.(*ast.CompositeLit); ok {
				for _, element := range list.Elts {
					if row, ok := rowOf(element); ok {
						out = append(out, row.at(fset, name, element, src))
					}
				}
			}
			return true
		})
	}
	return out, nil
}

// rowOf reads a literal that begins with a name: {"x", f} or {Name: "x", Check: f}.
func rowOf(element ast.Expr) (Row, bool) {
	lit, ok := element.(*ast.CompositeLit)
	if !ok || len(lit.Elts) < 2 {
		return Row{}, false
	}
	first := lit.Elts[0]
	if kv, ok := first.(*ast.KeyValueExpr); ok {
		if key, ok := kv.Key.(*ast.Ident); !ok || !strings.EqualFold(key.Name, "name") {
			return Row{}, false
		}
		first = kv.Value
	}
	text, ok := first.(*ast.BasicLit)
	if !ok || text.Kind != token.STRING {
		return Row{}, false
	}
	name, err := strconv.Unquote(text.Value)
	return Row{Name: name}, err == nil && name != ""
}

func (r Row) at(fset *token.FileSet, name string, element ast.Expr, src []byte) Row {
	if !strings.Contains(r.Name, ".") {
		r.Name = path.Base(path.Dir(name)) + "." + r.Name
	}
	r.File, r.from, r.to = name, fset.Position(element.Pos()).Offset, fset.Position(element.End()).Offset
	if rest := src[r.to:]; bytes.HasPrefix(rest, []byte(",")) {
		r.to++
	}
	return r
}

// Without is the row's file with the row taken away; lines keep their numbers.
func (r Row) Without(root fs.FS) ([]byte, error) {
	src, err := fs.ReadFile(root, r.File)
	if err != nil {
		return nil, err
	}
	if r.to > len(src) || r.from >= r.to {
		return nil, fmt.Errorf("%s changed meanwhile", r.File)
	}
	return slices.Concat(src[:r.from], src[r.to:]), nil
}
