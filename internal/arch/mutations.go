package arch

import (
	"go/ast"
	"go/token"
)

// mutations finds where a file changes package variables, its own package's or
// another's.
type mutations struct {
	*checker
	vars map[string]*variable
	dir  string
	file *file
}

func (m *mutations) look() {
	ast.Inspect(m.file.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					m.target(left, "assigns")
				}
			}
		case *ast.IncDecStmt:
			m.target(n.X, "assigns")
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				m.target(n.Key, "assigns")
				m.target(n.Value, "assigns")
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				m.target(n.X, "takes the address of")
			}
		case *ast.CallExpr:
			m.call(n)
		}
		return true
	})
}

// call looks at builtins that change their argument and at methods that need the
// variable's address.
func (m *mutations) call(call *ast.CallExpr) {
	switch fn := call.Fun.(type) {
	case *ast.Ident:
		if (fn.Name == "delete" || fn.Name == "clear" || fn.Name == "copy") && len(call.Args) > 0 {
			m.target(call.Args[0], fn.Name+"s in")
		}
	case *ast.SelectorExpr:
		v := m.variableOf(fn.X)
		if v != nil && m.pointerMethod(v, fn.Sel.Name) {
			m.report(call.Pos(), "state", "calls a method that can change package variable %s", v.name)
		}
	}
}

// target reports e if it is a package variable or a part of one.
func (m *mutations) target(e ast.Expr, how string) {
	for e != nil {
		if v := m.variableOf(e); v != nil {
			m.report(e.Pos(), "state", "%s package variable %s", how, v.name)
			return
		}
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return
		}
	}
}

// variableOf is the package variable that e names, or nil. An identifier that the
// parser resolved inside the file is one only if it was declared at the top.
func (m *mutations) variableOf(e ast.Expr) *variable {
	switch x := e.(type) {
	case *ast.Ident:
		v := m.vars[m.dir+"."+x.Name]
		if v == nil || x.Obj == nil {
			return v
		}
		if spec, ok := x.Obj.Decl.(*ast.ValueSpec); ok && spec == v.spec {
			return v
		}
		return nil
	case *ast.SelectorExpr:
		pkg, ok := x.X.(*ast.Ident)
		if !ok || pkg.Obj != nil {
			return nil
		}
		for _, im := range m.file.imports {
			if im.own && im.name == pkg.Name {
				return m.vars[im.inner+"."+x.Sel.Name]
			}
		}
	}
	return nil
}

// pointerMethod reports whether the variable's own package declares the method on
// a pointer to the variable's type, as far as its literal or type names one.
func (m *mutations) pointerMethod(v *variable, method string) bool {
	typ := typeName(v.spec)
	if typ == "" || m.folders[v.dir] == nil {
		return false
	}
	for _, f := range m.folders[v.dir].files {
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != method || len(fn.Recv.List) != 1 {
				continue
			}
			if star, ok := fn.Recv.List[0].Type.(*ast.StarExpr); ok {
				if id, ok := star.X.(*ast.Ident); ok && id.Name == typ {
					return true
				}
			}
		}
	}
	return false
}

func typeName(spec *ast.ValueSpec) string {
	if id, ok := spec.Type.(*ast.Ident); ok {
		return id.Name
	}
	for _, value := range spec.Values {
		if lit, ok := value.(*ast.CompositeLit); ok {
			if id, ok := lit.Type.(*ast.Ident); ok {
				return id.Name
			}
		}
	}
	return ""
}
