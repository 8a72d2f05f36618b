package web

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// poison returns the page with every string in it, however deep, replaced.
func poison(p Page, s string) Page {
	v := reflect.New(reflect.TypeOf(p)).Elem()
	v.Set(reflect.ValueOf(p))
	infect(v, s)
	return v.Interface().(Page) //nolint:forcetypeassert // the type it came from
}

func infect(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			infect(v.Field(i), s)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			infect(v.Index(i), s)
		}
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		for _, key := range []string{"", "email", "name", "password", "current_password", "new_password", s} {
			m.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(s))
		}
		v.Set(m)
	default: // numbers and times hold no text
	}
}

// faults lists what no page may contain: markup, code or links that a value brought in.
func faults(t *testing.T, body string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "x-evil" || n.Data == "base" || (n.Data == "script" && n.FirstChild != nil) || n.Data == "style" {
			found = append(found, "element "+n.Data)
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "evil":
				found = append(found, "attribute "+a.Key)
			case a.Key == "src" && n.Data == "iframe" && strings.HasPrefix(value, "http"): // the policy names it
			case a.Key == "src" && !strings.HasPrefix(value, "/"):
				found = append(found, "src "+value)
			case a.Key == "href" || a.Key == "action" || a.Key == "formaction":
				if i := strings.IndexAny(value, ":/?#"); i >= 0 && value[i] == ':' && !strings.HasPrefix(value, "http") {
					found = append(found, a.Key+" "+value)
				}
			}
		}
	}
	return found
}

func TestEveryFieldIsEscaped(t *testing.T) {
	r := newRenderer(t, Options{ProductName: `<x-evil>"' onload=evil`})
	for _, payload := range []string{
		`"><x-evil evil onload="alert(1)">'</title></textarea></script><script>alert(1)</script><!--{{.}}`,
		`' evil='1' onfocus=alert(1) x="`, "` evil onfocus=alert(1) ", "javascript:alert(1)", "JaVaScRiPt\t:alert(1)",
		"data:text/html,<x-evil>", "//evil.example/x", "/\\evil.example/x", "vbscript:x", "https://rp.example/\"><x-evil>",
		"\x00<x-evil>", "\xff\"><x-evil>", "http://x\njavascript:alert(1)",
	} {
		for _, p := range samples() {
			poisoned := poison(p, payload)
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				req := httptest.NewRequest(method, "/", nil)
				req.URL.RawQuery = payload
				w := httptest.NewRecorder()
				r.Render(w, req, http.StatusOK, poisoned)
				if found := faults(t, w.Body.String()); len(found) > 0 {
					t.Errorf("%T with %q: %v", p, payload, found)
				}
				csp := strings.Replace(w.Header().Get("Content-Security-Policy"), "; frame-src ", " ", 1)
				csp = strings.Replace(csp, "; connect-src 'self'", "", 1)
				if strings.Count(csp, ";") != 7 || strings.Contains(csp, ",") || strings.Contains(csp, "evil;") {
					t.Errorf("%T with %q: policy %q", p, payload, csp)
				}
			}
		}
	}
}

// TestFaultsAreSeen keeps the search honest.
func TestFaultsAreSeen(t *testing.T) {
	for _, body := range []string{
		"<x-evil>", "<p onclick=x>", "<p style=x>", "<script>x</script>", "<a href='javascript:x'>x</a>", "<img src='https://x/'>",
		"<form action='data:x'>", "<base href=/>", "<style>x</style>",
	} {
		if len(faults(t, body)) == 0 {
			t.Errorf("%s passes", body)
		}
	}
}

func TestFormPostCarriesEveryByte(t *testing.T) {
	r := newRenderer(t, Options{})
	fields := [][2]string{{"state", `"><b>&amp;'` + "\u202e é\t"}, {"submit", "x"}, {"id", "form-post"}, {"a\"b", "c"}}
	action := "https://rp.example/a(b)'c/%2e?x=1&y=%20|\"<z"
	w := draw(t, r, "/", http.StatusOK, FormPostPage{Action: action, Fields: fields})
	doc, err := html.Parse(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got [][2]string
	for n := range doc.Descendants() {
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		switch n.Data {
		case "form":
			if attr["action"] != action || attr["id"] != "form-post" || attr["method"] != "post" {
				t.Errorf("form %v, want action %q", attr, action)
			}
		case "input":
			if attr["id"] != "" || attr["type"] != "hidden" {
				t.Errorf("input %v", attr)
			}
			got = append(got, [2]string{attr["name"], attr["value"]})
		}
	}
	if !reflect.DeepEqual(got, fields) {
		t.Errorf("fields %q, want %q", got, fields)
	}
}

func TestIdsAreUniqueAndLabelled(t *testing.T) {
	r := newRenderer(t, Options{})
	for _, lang := range r.locales.names {
		for _, s := range states(lang) {
			doc, err := html.Parse(draw(t, r, "/", s.status, s.page).Body)
			if err != nil {
				t.Fatal(err)
			}
			seen, wanted := map[string]bool{}, map[string]bool{}
			for n := range doc.Descendants() {
				for _, a := range n.Attr {
					switch a.Key {
					case "id":
						if seen[a.Val] {
							t.Errorf("%s: id %s twice", s.name, a.Val)
						}
						seen[a.Val] = true
					case "for", "aria-describedby", "aria-labelledby", "data-reveal", "data-caps", "data-copy":
						for id := range strings.FieldsSeq(a.Val) {
							wanted[id] = true
						}
					}
				}
			}
			for id := range wanted {
				if !seen[id] {
					t.Errorf("%s: nothing has the id %s", s.name, id)
				}
			}
		}
	}
}
