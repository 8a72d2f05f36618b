package arch

import (
	"go/ast"
	"go/token"
	"strings"
)

// variable is a package-level variable of a non-test file.
type variable struct {
	dir, name string
	spec      *ast.ValueSpec
	pos       token.Pos
}

// state refuses init functions and mutable package state. A package variable may
// stay if it starts from something that does not change (see frozen) and nothing
// in the module assigns it, a part of it, or takes its address: error sentinels,
// read-only tables, compiled patterns, embedded files, "var _ I = …".
func (c *checker) state() {
	vars := map[string]*variable{} // by folder.name
	for dir, fo := range c.folders {
		for _, f := range fo.files {
			c.inits(f)
			if f.test {
				continue
			}
			for _, v := range packageVars(dir, f) {
				vars[dir+"."+v.name] = v
				if why := c.frozen(fo, v); why != "" {
					c.report(v.pos, "state", "package variable %s %s", v.name, why)
				}
			}
		}
	}
	for dir, fo := range c.folders {
		for _, f := range fo.files {
			(&mutations{checker: c, vars: vars, dir: dir, file: f}).look()
		}
	}
}

func (c *checker) inits(f *file) {
	for _, d := range f.ast.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			c.report(fn.Pos(), "state", "no init functions: what happens at start is written in internal/app")
		}
	}
}

// packageVars are the variables that need a look: not "_", not embedded files.
func packageVars(dir string, f *file) []*variable {
	var out []*variable
	for _, d := range f.ast.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, s := range gen.Specs {
			spec, ok := s.(*ast.ValueSpec)
			if !ok || embedded(gen.Doc) || embedded(spec.Doc) {
				continue
			}
			for _, n := range spec.Names {
				if n.Name != "_" {
					out = append(out, &variable{dir: dir, name: n.Name, spec: spec, pos: n.Pos()})
				}
			}
		}
	}
	return out
}

func embedded(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, line := range doc.List {
		if strings.HasPrefix(line.Text, "//go:embed ") {
			return true
		}
	}
	return false
}

// frozen says why a variable's first value is something that changes, or "".
func (c *checker) frozen(fo *folder, v *variable) string {
	if len(v.spec.Values) == 0 {
		return "has no value: it is there to be assigned"
	}
	for _, value := range v.spec.Values {
		if why := c.frozenExpr(fo, value); why != "" {
			return why
		}
	}
	return ""
}

func (c *checker) frozenExpr(fo *folder, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return c.frozenExpr(fo, e.X)
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			return "is a pointer: what it points to can change"
		}
		if e.Op == token.ARROW {
			return "comes from a channel"
		}
		return c.frozenExpr(fo, e.X)
	case *ast.CompositeLit:
		return c.frozenLiteral(fo, e)
	case *ast.CallExpr:
		return c.frozenCall(fo, e)
	}
	return "" // constants, functions, other variables, which are judged themselves
}

func (c *checker) frozenLiteral(fo *folder, lit *ast.CompositeLit) string {
	if sel, ok := lit.Type.(*ast.SelectorExpr); ok {
		if x, ok := sel.X.(*ast.Ident); ok && (x.Name == "sync" || x.Name == "atomic") {
			return "is a lock, a pool or an atomic: state"
		}
	}
	for _, el := range lit.Elts {
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			el = kv.Value
		}
		if why := c.frozenExpr(fo, el); why != "" {
			return why
		}
	}
	return ""
}

// pureCalls make values that nobody can change afterwards.
func pureCalls() map[string]bool {
	calls := map[string]bool{}
	for _, name := range []string{
		"errors.New", "fmt.Errorf", "fmt.Sprintf", "errs.New", "errs.Wrap", "regexp.MustCompile", "netip.MustParseAddr", "netip.MustParsePrefix",
		"template.Must", "sync.OnceValue", "sync.OnceValues", "sync.OnceFunc", "reflect.TypeFor", "reflect.TypeOf", "strings.NewReplacer",
		"strings.Repeat", "strings.TrimSuffix", "strings.TrimPrefix", "strings.Join", "strings.ToUpper", "strings.ToLower",
		"language.MustParse", "language.NewMatcher", "uuid.MustParse", "time.Date", "time.Unix", "base64.NewEncoding", "base32.NewEncoding",
		"RawURLEncoding.Strict", "RawStdEncoding.Strict", "URLEncoding.Strict", "StdEncoding.Strict", "StdEncoding.WithPadding", "HexEncoding.WithPadding",
	} {
		calls[name] = true
	}
	return calls
}

func (c *checker) frozenCall(fo *folder, call *ast.CallExpr) string {
	switch fn := ast.Unparen(call.Fun).(type) {
	case *ast.ArrayType, *ast.FuncLit, *ast.InterfaceType, *ast.StarExpr:
		return "" // a conversion, or a table computed once: a FuncLit's result is judged by its use
	case *ast.IndexExpr, *ast.IndexListExpr:
		return c.frozenGeneric(call)
	case *ast.SelectorExpr:
		if pureCalls()[selectorName(fn)] {
			return ""
		}
		return "is made by " + selectorName(fn) + ", which this test does not know as harmless: make it in a constructor"
	case *ast.Ident:
		return fo.ownCall(fn.Name)
	}
	return "is made by a call that this test cannot judge: make it in a constructor"
}

func (c *checker) frozenGeneric(call *ast.CallExpr) string {
	var base ast.Expr
	switch fn := ast.Unparen(call.Fun).(type) {
	case *ast.IndexExpr:
		base = fn.X
	case *ast.IndexListExpr:
		base = fn.X
	}
	if sel, ok := base.(*ast.SelectorExpr); ok && pureCalls()[selectorName(sel)] {
		return ""
	}
	return "is made by a call that this test cannot judge: make it in a constructor"
}

// selectorName is the last two names of a.b.c.
func selectorName(sel *ast.SelectorExpr) string {
	switch x := sel.X.(type) {
	case *ast.Ident:
		return x.Name + "." + sel.Sel.Name
	case *ast.SelectorExpr:
		return x.Sel.Name + "." + sel.Sel.Name
	}
	return "?." + sel.Sel.Name
}

// ownCall judges a call of the package's own function, or of a conversion, by what
// the function is declared to return.
func (fo *folder) ownCall(name string) string {
	switch name {
	case "make", "new":
		return "is made by " + name + ": it is there to be filled"
	case "len", "cap", "min", "max", "string", "int", "int64", "uint64", "byte", "rune", "float64", "bool", "append":
		return ""
	}
	for _, f := range fo.files {
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == name {
					return returned(d.Type)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.Name == name {
						return ""
					}
				}
			}
		}
	}
	return "is made by " + name + ", which this test does not find"
}

func returned(ft *ast.FuncType) string {
	if ft.Results == nil {
		return "is made by a function that returns nothing"
	}
	for _, r := range ft.Results.List {
		switch r.Type.(type) {
		case *ast.StarExpr, *ast.MapType, *ast.ChanType, *ast.InterfaceType:
			return "is made by a function that returns something changeable: make it in a constructor"
		}
	}
	return ""
}
