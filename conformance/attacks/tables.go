package attacks

import (
	"errors"
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

	literal string // the row as it is written
}

// table is a list of rows in one file.
type table struct {
	rows     []Row
	element  string // the rows' type
	from, to int    // the bytes of the whole list
}

// source is a file with tables.
type source struct {
	name, pkg string
	text      []byte
	tables    []table
}

// folders are where tables stand.
func folders() []string {
	return []string{"provider", "login", "risk", "federation", "internal/samlxml"}
}

// Rows finds every row of every table below root: in functions named Rows, Needs, AuthnRows, rules or one that begins with rows, each element that begins with a name.
func Rows(root fs.FS) ([]Row, error) {
	files, err := sources(root)
	var out []Row
	for _, s := range files {
		for _, t := range s.tables {
			out = append(out, t.rows...)
		}
	}
	return out, err
}

func sources(root fs.FS) ([]source, error) {
	var out []source
	for _, dir := range folders() {
		if _, err := fs.Stat(root, dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			s, err := read(root, name)
			if err == nil && len(s.tables) > 0 {
				out = append(out, s)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func read(root fs.FS, name string) (source, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return source{}, err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	s := source{name: name, pkg: file.Name.Name, text: text}
	at := func(p token.Pos) int { return fset.Position(p).Offset }
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "rows") && !slices.Contains([]string{"Rows", "Needs", "AuthnRows", "rules", "secondRows"}, fn.Name.Name) {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			list, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			array, ok := list.Type.(*ast.ArrayType)
			if !ok {
				return true
			}
			t := table{element: string(text[at(array.Elt.Pos()):at(array.Elt.End())]), from: at(list.Pos()), to: at(list.End())}
			for _, element := range list.Elts {
				rowName, ok := nameOf(element)
				if !ok {
					return true // no table of rows
				}
				t.rows = append(t.rows, Row{Name: full(name, rowName), File: name, literal: string(text[at(element.Pos()):at(element.End())])})
			}
			if len(t.rows) > 0 {
				s.tables = append(s.tables, t)
			}
			return false
		})
	}
	return s, nil
}

// nameOf reads a literal that begins with a name: {"x", f} or {Name: "x", Check: f}.
func nameOf(element ast.Expr) (string, bool) {
	lit, ok := element.(*ast.CompositeLit)
	if !ok || len(lit.Elts) < 2 {
		return "", false
	}
	first := lit.Elts[0]
	if kv, ok := first.(*ast.KeyValueExpr); ok {
		if key, ok := kv.Key.(*ast.Ident); !ok || !strings.EqualFold(key.Name, "name") {
			return "", false
		}
		first = kv.Value
	}
	text, ok := first.(*ast.BasicLit)
	if !ok || text.Kind != token.STRING {
		return "", false
	}
	name, err := strconv.Unquote(text.Value)
	return name, err == nil && name != ""
}

func full(file, name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return path.Base(path.Dir(file)) + "." + name
}
