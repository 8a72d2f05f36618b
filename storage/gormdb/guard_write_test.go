package gormdb

import (
	"context"
	"errors"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// TestPlaintextNeverReachesASealedColumn tries every way in which gorm would write it without a word.
func TestPlaintextNeverReachesASealedColumn(t *testing.T) {
	d := openSQLite(t)
	p := testPerson(t, "a")
	if err := d.InsertPerson(context.Background(), p, nil); err != nil {
		t.Fatal(err)
	}
	type lookalike struct{ Profile string }
	plain := map[string]any{"profile": "plain"}
	fresh := func() map[string]any {
		return map[string]any{"Tenant": testTenant, "ID": storage.ID{9}, "Subject": "b", "Profile": []byte("plain")}
	}
	for name, write := range map[string]func(model, bare *gorm.DB) *gorm.DB{
		"update by column": func(g, _ *gorm.DB) *gorm.DB { return g.Update("profile", "plain") },
		"update by field":  func(g, _ *gorm.DB) *gorm.DB { return g.Update("Profile", []byte("plain")) },
		"update column":    func(g, _ *gorm.DB) *gorm.DB { return g.UpdateColumn("profile", "plain") },
		"updates by map":   func(g, _ *gorm.DB) *gorm.DB { return g.Updates(plain) },
		"update columns":   func(g, _ *gorm.DB) *gorm.DB { return g.UpdateColumns(plain) },
		"an expression":    func(g, _ *gorm.DB) *gorm.DB { return g.Update("profile", gorm.Expr("?", "plain")) },
		"another struct":   func(g, _ *gorm.DB) *gorm.DB { return g.Updates(lookalike{"plain"}) },
		"a set clause": func(g, _ *gorm.DB) *gorm.DB {
			return g.Clauses(clause.Assignments(plain)).Updates(map[string]any{"admin": true})
		},
		"create by map":        func(_, g *gorm.DB) *gorm.DB { return g.Model(&storage.Person{}).Create(fresh()) },
		"create by maps":       func(_, g *gorm.DB) *gorm.DB { return g.Model(&storage.Person{}).Create([]map[string]any{fresh()}) },
		"update without model": func(_, g *gorm.DB) *gorm.DB { return g.Table("people").Where("subject = ?", "a").Updates(plain) },
		"create without model": func(_, g *gorm.DB) *gorm.DB { return g.Table("people").Create(fresh()) },
		"upsert": func(_, g *gorm.DB) *gorm.DB {
			q := testPerson(t, "a")
			return g.Clauses(clause.OnConflict{
				Columns: []clause.Column{{Name: "tenant"}, {Name: "subject"}}, DoUpdates: clause.Assignments(plain),
			}).Create(q)
		},
	} {
		bare := d.writer.Session(&gorm.Session{NewDB: true})
		if err := write(bare.Model(&storage.Person{}).Where("subject = ?", "a"), bare).Error; !errors.Is(err, errUnsealed) {
			t.Errorf("%s: got %v", name, err)
		}
		people, err := d.People(context.Background(), testTenant, storage.ID{}, 0)
		if err != nil || len(people) != 1 || people[0].Profile.IsZero() || people[0].Admin {
			t.Fatalf("%s: something was written: %v %v", name, people, err)
		}
	}
}

func TestSealedValuesAndNullPass(t *testing.T) {
	d := openSQLite(t)
	p := testPerson(t, "a")
	if err := d.InsertPerson(context.Background(), p, nil); err != nil {
		t.Fatal(err)
	}
	model := func() *gorm.DB {
		return d.writer.Session(&gorm.Session{NewDB: true}).Model(&storage.Person{}).Where("subject = ?", "a")
	}
	sealed := testSealed(t, "people", "profile", p.ID)
	q := testPerson(t, "a")
	for name, err := range map[string]error{
		"a sealed value": model().Update("profile", sealed).Error,
		"its pointer":    model().Update("profile", &sealed).Error,
		"null":           model().Update("profile", nil).Error,
		"the proposed row": d.writer.Session(&gorm.Session{NewDB: true}).Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "tenant"}, {Name: "subject"}}, DoUpdates: clause.AssignmentColumns([]string{"profile"}),
		}).Create(q).Error,
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTextIsRefusedInEveryForm(t *testing.T) {
	d := openSQLite(t)
	model := d.writer.Session(&gorm.Session{NewDB: true}).Model(&storage.Person{}).Where("subject = ?", "a")
	for _, bad := range []string{"a\x00", "\xff", "\xed\xa0\x80"} {
		if err := d.InsertPerson(context.Background(), testPerson(t, bad), nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: got %v", bad, err)
		}
		if err := model.Update("reason", bad).Error; !errs.Is(err, errs.Invalid) {
			t.Errorf("%q by map: got %v", bad, err)
		}
	}
}

func TestReadersCannotWrite(t *testing.T) {
	d := openSQLite(t)
	if err := d.reader.Session(&gorm.Session{NewDB: true}).Create(testPerson(t, "a")).Error; !errs.Is(mapError(err), errs.Unavailable) {
		t.Errorf("got %v", err)
	}
}
