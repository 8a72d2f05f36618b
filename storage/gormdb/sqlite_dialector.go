package gormdb

import (
	"strconv"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// sqliteDialector teaches gorm SQLite on modernc.org/sqlite. gorm's own driver is built around another library.
type sqliteDialector struct{ conn gorm.ConnPool }

// Name implements gorm.Dialector.
func (*sqliteDialector) Name() string { return "sqlite" }

// Initialize implements gorm.Dialector.
func (s *sqliteDialector) Initialize(g *gorm.DB) error {
	g.ConnPool = s.conn
	callbacks.RegisterDefaultCallbacks(g, &callbacks.Config{
		CreateClauses: []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses: []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses: []string{"DELETE", "FROM", "WHERE", "RETURNING"},
	})
	g.ClauseBuilders["LIMIT"] = buildLimit
	g.ClauseBuilders["FOR"] = func(clause.Clause, clause.Builder) {} // the writer's transaction holds the lock already
	return nil
}

// Migrator implements gorm.Dialector. The schema belongs to package migrations.
func (*sqliteDialector) Migrator(*gorm.DB) gorm.Migrator {
	panic("gormdb: the schema is made by package migrations, never by gorm")
}

// DataTypeOf implements gorm.Dialector; only a migrator would need more.
func (*sqliteDialector) DataTypeOf(f *schema.Field) string { return string(f.DataType) }

// DefaultValueOf implements gorm.Dialector.
func (*sqliteDialector) DefaultValueOf(*schema.Field) clause.Expression {
	return clause.Expr{SQL: "NULL"}
}

// BindVarTo implements gorm.Dialector.
func (*sqliteDialector) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { _ = w.WriteByte('?') }

// QuoteTo implements gorm.Dialector. Names come from our own structs; a dot separates table and column.
func (*sqliteDialector) QuoteTo(w clause.Writer, name string) {
	_ = w.WriteByte('"')
	for i := range len(name) {
		switch name[i] {
		case '.':
			_, _ = w.WriteString(`"."`)
		case '"':
			_, _ = w.WriteString(`""`)
		default:
			_ = w.WriteByte(name[i])
		}
	}
	_ = w.WriteByte('"')
}

// Explain implements gorm.Dialector.
func (*sqliteDialector) Explain(text string, vars ...any) string {
	return logger.ExplainSQL(text, nil, `"`, vars...)
}

// buildLimit writes LIMIT -1 for an offset alone, which SQLite needs.
func buildLimit(c clause.Clause, b clause.Builder) {
	l, ok := c.Expression.(clause.Limit)
	if !ok {
		return
	}
	n := -1
	if l.Limit != nil {
		n = *l.Limit
	}
	if n >= 0 || l.Offset > 0 {
		_, _ = b.WriteString("LIMIT " + strconv.Itoa(n))
	}
	if l.Offset > 0 {
		_, _ = b.WriteString(" OFFSET " + strconv.Itoa(l.Offset))
	}
}
