package gormdb

import (
	"errors"
	"fmt"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/jedan-auth/jedan-auth/internal/seal"
)

var errUnsealed = errors.New("gormdb: a sealed column takes only seal.Text")

// guardWrites refuses what gorm lets through without a word: plaintext for a sealed column by way of a map, an expression, another struct or a
// write without a model; and text that one of the two databases would not store. Raw SQL passes: the columns' CHECK is the last resort.
func guardWrites(g *gorm.DB) error {
	return errors.Join(
		g.Callback().Create().Before("gorm:create").Register("jedan:guard", guardStatement),
		g.Callback().Update().Before("gorm:update").Register("jedan:guard", guardStatement),
	)
}

func guardStatement(g *gorm.DB) {
	s := g.Statement
	if s.Schema == nil {
		_ = g.AddError(fmt.Errorf("%w: a write needs a model", errUnsealed))
		return
	}
	err := guardValue(g, reflect.ValueOf(s.Dest))
	for _, name := range []string{"SET", "ON CONFLICT"} {
		if err == nil {
			err = guardClause(s.Schema, s.Clauses[name].Expression)
		}
	}
	if err != nil {
		_ = g.AddError(err)
	}
}

// guardValue looks at what is written: the model's own struct, a map of columns, or a slice of either.
func guardValue(g *gorm.DB, v reflect.Value) error {
	v = reflect.Indirect(v)
	switch {
	case v.Type() == g.Statement.Schema.ModelType:
		return guardText(g, v)
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Array:
		for i := range v.Len() {
			if err := guardValue(g, v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	case v.Kind() == reflect.Map:
		for _, k := range v.MapKeys() {
			if err := guardColumn(g.Statement.Schema, k.String(), v.MapIndex(k).Interface()); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%w: a write takes its model's struct or a map, not %s", errUnsealed, v.Type())
}

func guardText(g *gorm.DB, row reflect.Value) error {
	for _, f := range g.Statement.Schema.Fields {
		if f.FieldType.Kind() != reflect.String {
			continue
		}
		if v := f.ReflectValueOf(g.Statement.Context, row); !isText(v.String()) {
			return errBadText()
		}
	}
	return nil
}

func guardClause(s *schema.Schema, e clause.Expression) error {
	var set clause.Set
	switch e := e.(type) {
	case clause.Set:
		set = e
	case clause.OnConflict:
		set = e.DoUpdates
	}
	for _, a := range set {
		if _, excluded := a.Value.(clause.Column); excluded {
			continue // the value proposed for insertion, looked at above
		}
		if err := guardColumn(s, a.Column.Name, a.Value); err != nil {
			return err
		}
	}
	return nil
}

// guardColumn looks at one assignment. NULL may be assigned; it hides nothing.
func guardColumn(s *schema.Schema, name string, value any) error {
	if text, ok := value.(string); ok && !isText(text) {
		return errBadText()
	}
	f := s.LookUpField(name)
	if f == nil || f.IndirectFieldType != reflect.TypeFor[seal.Text]() || value == nil {
		return nil
	}
	switch value.(type) {
	case seal.Text, *seal.Text:
		return nil
	}
	return fmt.Errorf("%w: %s.%s got %T", errUnsealed, s.Table, f.DBName, value)
}
