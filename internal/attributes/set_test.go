package attributes

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func set(t testing.TB) *Set {
	t.Helper()
	s, err := New(acme())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestValues(t *testing.T) {
	s := set(t)
	for name, in := range map[string]struct{ good, bad []any }{
		"staff_number": {[]any{"AB1234"}, []any{"ab1234", "AB1234 ", "xAB1234", "", 4, nil, "AB1234\n"}},
		"floor":        {[]any{float64(-2), float64(40), 7, json.Number("3")}, []any{float64(-3), float64(41), 1.5, "4", true, nil, json.Number("x")}},
		"parking":      {[]any{true, false}, []any{"true", 1, nil}},
		"joined":       {[]any{"2024-02-29"}, []any{"2023-02-29", "29.02.2024", "", nil}},
		"page":         {[]any{"https://intra.acme.example/m"}, []any{"javascript:alert(1)", "https://u:p@h.test/", "x", nil}},
		"department":   {[]any{"R&D", "Sales"}, []any{"r&d", "Finance", "", nil}},
	} {
		for _, v := range in.good {
			if got, problem, ok := s.Check(name, v); !ok || problem != "" || got == nil {
				t.Errorf("%s %v: %v %q %v", name, v, got, problem, ok)
			}
		}
		for _, v := range in.bad {
			if got, problem, ok := s.Check(name, v); !ok || problem == "" || got != nil {
				t.Errorf("%s %v: %v %q %v", name, v, got, problem, ok)
			}
		}
	}
	if _, _, ok := s.Check("shoe_size", "x"); ok {
		t.Error("an attribute that nobody defined")
	}
}

func TestParse(t *testing.T) {
	s := set(t)
	for _, c := range []struct {
		name, text string
		want       any
		bad        bool
	}{
		{"floor", " 7 ", float64(7), false}, {"floor", "7.0", nil, true}, {"floor", "9007199254740993", nil, true}, {"floor", "", nil, false},
		{"parking", "true", true, false}, {"parking", "yes", nil, true}, {"staff_number", "", nil, true}, {"staff_number", " AB1234 ", "AB1234", false},
		{"shoe_size", "4", nil, false},
	} {
		if got, problem := s.Parse(c.name, c.text); got != c.want || (problem != "") != c.bad {
			t.Errorf("%s %q: %v %q", c.name, c.text, got, problem)
		}
	}
}

func TestWhoSeesAndChanges(t *testing.T) {
	s := set(t)
	for name, want := range map[string][2]bool{ // seen, own
		"staff_number": {true, true}, "floor": {true, false}, "parking": {true, true}, "joined": {false, false}, "department": {true, false},
	} {
		a, _ := s.Find(name)
		if a.Seen() != want[0] || s.Own(name) != want[1] {
			t.Errorf("%s: seen %v own %v", name, a.Seen(), s.Own(name))
		}
	}
	if s.Own("shoe_size") || (*Set)(nil).Own("floor") || len((*Set)(nil).All()) != 0 {
		t.Error("what nobody defined is somebody's")
	}
	if got := s.Told("hr"); !reflect.DeepEqual(got, []string{"staff_number", "floor"}) {
		t.Errorf("%v", got)
	}
	if got := s.Told("profile"); !reflect.DeepEqual(got, []string{"department"}) { // joined is the operator's
		t.Errorf("%v", got)
	}
}

// An attribute leaves by its claim alone: its own name never does, not even where another's claim is called so.
func TestNamed(t *testing.T) {
	s, err := New(Config{{Name: "salary", Label: "Salary"}, {Name: "grade", Label: "Grade", Claim: "salary"}})
	if err != nil {
		t.Fatal(err)
	}
	got := s.Named(map[string]any{"name": "Maria", "salary": "90000"})
	if !reflect.DeepEqual(got, map[string]any{"name": "Maria"}) {
		t.Errorf("%v", got)
	}
	if got = s.Named(map[string]any{"salary": "90000", "grade": "B"}); !reflect.DeepEqual(got, map[string]any{"salary": "B"}) {
		t.Errorf("%v", got)
	}
}

func TestWords(t *testing.T) {
	a := acme()[0]
	for lang, want := range map[string]string{"en": "Staff number", "de": "Personalnummer", "de-AT": "Personalnummer", "hr": "Staff number", "": "Staff number"} {
		if got := a.LabelIn(lang); got != want {
			t.Errorf("%s: %s", lang, got)
		}
	}
	if got := set(t).Labels()["hr"]; len(got) != 2 || got[0]("de") != "Personalnummer" || got[1]("de") != "Floor" {
		t.Errorf("%d labels", len(got))
	}
	if got := set(t).Scopes(); !reflect.DeepEqual(got, map[string][]string{"hr": {"https://acme.example/staff", "floor"}, "profile": {"joined_at", "department"}}) {
		t.Errorf("%v", got)
	}
}

// What is taken once is taken again, and has no line of its own in it.
func FuzzParse(f *testing.F) {
	for _, a := range acme() {
		for _, text := range []string{"AB1234", "7", "true", "2024-02-29", "https://h.test/", "R&D", "a\u202eb", "1e5", "-0", ""} {
			f.Add(a.Name, text)
		}
	}
	s := set(f)
	f.Fuzz(func(t *testing.T, name, text string) {
		once, problem := s.Parse(name, text)
		if problem != "" || once == nil {
			return
		}
		twice, problem, ok := s.Check(name, once)
		if !ok || problem != "" || twice != once {
			t.Fatalf("%s %q: %v then %v (%s)", name, text, once, twice, problem)
		}
		if line, is := once.(string); is && strings.ContainsAny(line, "\n\r\x00") {
			t.Fatalf("%q", line)
		}
	})
}
