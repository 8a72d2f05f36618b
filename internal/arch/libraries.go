package arch

import (
	"go/ast"
	"strings"
)

// placement is a library and the only folders that may import it.
type placement struct {
	library string // the import path's beginning
	folders []string
	why     string
}

func placements() []placement {
	return []placement{
		{"github.com/ory/fosite", []string{"provider"}, "a change of the protocol library must stay one folder's work"},
		{"gorm.io/", []string{"storage/gormdb", "migrations"}, "entities and features know interfaces, not an ORM"},
		{"github.com/redis/go-redis", []string{"storage/redisdb"}, "redis is a backend behind the storage interfaces"},
		{"github.com/go-gorm/", []string{"storage/gormdb", "migrations"}, "entities and features know interfaces, not an ORM"},
	}
}

const ginPath = "github.com/gin-gonic/gin"

func (c *checker) libraries() {
	for dir, fo := range c.folders {
		for _, f := range fo.files {
			for _, im := range f.imports {
				c.placed(dir, im)
				if im.path == ginPath || strings.HasPrefix(im.path, ginPath+"/") {
					c.gin(dir, f, im)
				}
				if im.path == "net/http" && !f.test {
					c.outbound(dir, f, im.name)
				}
			}
		}
	}
}

func (c *checker) placed(dir string, im imported) {
	for _, p := range placements() {
		if strings.HasPrefix(im.path, p.library) && !withinAny(dir, p.folders...) {
			c.report(im.pos, "libraries", "%s is for %s only: %s", p.library, strings.Join(p.folders, ", "), p.why)
		}
	}
}

// gin is for internal/httpx and for files that mount or handle routes: those that
// name gin's Context in a function's parameters, or httpx.Router.
func (c *checker) gin(dir string, f *file, im imported) {
	if within(dir, "internal/httpx") {
		return
	}
	if heightOf(dir) < platformHeight || within(dir, "storage") || !f.handles(im.name) {
		c.report(im.pos, "libraries", "gin is for internal/httpx and for files that mount or handle routes")
	}
}

func (f *file) handles(gin string) bool {
	found := false
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if ft, ok := n.(*ast.FuncType); ok && ft.Params != nil {
			for _, p := range ft.Params.List {
				if star, ok := p.Type.(*ast.StarExpr); ok && isSelector(star.X, gin, "Context") {
					found = true
				}
			}
		}
		if e, ok := n.(ast.Expr); ok && isSelector(e, "httpx", "Router") {
			found = true
		}
		return !found
	})
	return found
}

func isSelector(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// outbound keeps HTTP clients in internal/fetch, which refuses private addresses,
// bounds answers and never follows a redirect by itself.
func (c *checker) outbound(dir string, f *file, name string) {
	if withinAny(dir, "internal/fetch", "conformance", "cmd", "internal/testkit", "examples") {
		return
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if isSelector(n.Type, name, "Client") || isSelector(n.Type, name, "Transport") {
				c.report(n.Pos(), "outbound", "internal/fetch is the one outbound HTTP client")
			}
		case *ast.SelectorExpr:
			for _, short := range []string{"Get", "Post", "PostForm", "Head", "DefaultClient", "DefaultTransport"} {
				if isSelector(n, name, short) {
					c.report(n.Pos(), "outbound", "internal/fetch is the one outbound HTTP client")
				}
			}
		}
		return true
	})
}
