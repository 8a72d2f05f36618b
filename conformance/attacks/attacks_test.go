package attacks

import (
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// root is the repository.
func root(t *testing.T) *os.Root {
	t.Helper()
	r, err := os.OpenRoot("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestPageIsFresh(t *testing.T) {
	r := root(t)
	page, missing, err := Page(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	if len(missing) > 0 {
		t.Errorf("neither tested nor explained: %v", missing)
	}
	have, err := r.ReadFile(PageFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != page {
		t.Errorf("%s is stale: run go run ./cmd/jedan-mutants -attacks", PageFile)
	}
}

func TestEveryRowIsWatchedByTestsThatExist(t *testing.T) {
	r := root(t)
	rows, err := Rows(r.FS())
	if err != nil {
		t.Fatal(err)
	}
	watches, err := Watches()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 80 {
		t.Errorf("only %d rows were found", len(rows))
	}
	names := map[string][]string{}
	seen := map[string]bool{}
	for _, row := range rows {
		if seen[row.Name] {
			t.Errorf("two rows are called %s", row.Name)
		}
		seen[row.Name] = true
		w, ok := watches[row.Name]
		if !ok {
			t.Errorf("%s (%s) is watched by no test: data/rows.tsv", row.Name, row.File)
			continue
		}
		if names[w.Package] == nil {
			if names[w.Package], err = Names(r.FS(), w.Package); err != nil {
				t.Fatal(err)
			}
		}
		for _, test := range w.Tests {
			if test != AllTests && !slices.Contains(names[w.Package], test) {
				t.Errorf("%s: no %s in %s", row.Name, test, w.Package)
			}
		}
	}
	for name := range watches {
		if !seen[name] {
			t.Errorf("%s is watched but is no row any more", name)
		}
	}
}

func TestRowsAreMadeSwitchable(t *testing.T) {
	source := "package p\n\nfunc Rows() []row[int] {\n\treturn []row[int]{\n\t\t{Name: \"p.one\", Check: one}, // why\n\t\t{\"two\", two},\n\t}\n}\n\nfunc other() []row { return []row{{\"three\", two}} }\n"
	tree := fstest.MapFS{"provider/p/p.go": {Data: []byte(source)}, "login/l.go": {Data: []byte("package login\n")}, "provider/p/p_test.go": {Data: []byte("no Go")}}
	rows, err := Rows(tree)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].Name != "p.one" || rows[1].Name != "p.two" || rows[0].File != "provider/p/p.go" {
		t.Fatalf("rows %+v", rows)
	}
	files, err := Overlay(tree)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 || !strings.Contains(string(files["provider/p/zz_mutant.go"]), RowVariable) {
		t.Fatalf("files %v", slices.Collect(maps.Keys(files)))
	}
	for name, text := range files {
		if _, err := parser.ParseFile(token.NewFileSet(), name, text, 0); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
	for _, want := range []string{
		`if jedanMutantKeeps("p.one") { kept = append(kept, row[int]{Name: "p.one", Check: one}) }`, `if jedanMutantKeeps("p.two") { kept = append(kept, row[int]{"two", two}) }`,
		`func other() []row { return []row{{"three", two}} }`,
	} {
		if !strings.Contains(string(files["provider/p/p.go"]), want) {
			t.Errorf("no %s in\n%s", want, files["provider/p/p.go"])
		}
	}
}

func TestTestsAreFoundByTheirNames(t *testing.T) {
	tree := fstest.MapFS{
		"a/a_test.go":     {Data: []byte("package a\n\nimport \"testing\"\n\nfunc TestAZ01_Exact(t *testing.T) {}\n\n// TK06, TK08: both.\nfunc TestBoth(t *testing.T) {}\n\nfunc TestNothing(t *testing.T) {}\n\nfunc TestSE03Granted(t *testing.T) {}\n\nfunc helper() { _ = \"AZ02\" }\n")},
		"a/testdata/x.go": {Data: []byte("no Go")},
	}
	tests, err := Tests(tree)
	if err != nil {
		t.Fatal(err)
	}
	if len(tests) != 3 || tests[0].Name != "TestAZ01_Exact" || !slices.Equal(tests[1].IDs, []string{"TK06", "TK08"}) || !slices.Equal(tests[2].IDs, []string{"SE03"}) {
		t.Errorf("tests %+v", tests)
	}
	names, err := Names(tree, "a")
	if err != nil || len(names) != 4 {
		t.Errorf("names %v, %v", names, err)
	}
	page, missing, err := Page(tree)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| AZ01 | redirect_uri exactness | High | tested: `TestAZ01_Exact` (a) |", "| AZ24 | PAR binding | High | later: `/oauth2/par` |", "| AZ02 | redirect_uri parser tricks | High | **missing** |"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if slices.Contains(missing, "AZ01") || slices.Contains(missing, "AZ24") || !slices.Contains(missing, "AZ02") {
		t.Errorf("missing %v", missing)
	}
}
