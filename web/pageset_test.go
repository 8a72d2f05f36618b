package web

import (
	"bytes"
	"html/template"
	"testing"
)

// What a page's file defines takes the place of the layout's and the parts' for that page, wherever the layout or the page asks for it, and for no other page.
func TestAPagesOwnTemplates(t *testing.T) {
	set := template.New("pages")
	for _, text := range []string{
		`{{define "layout"}}[{{block "lead" .}}none{{end}}|{{if .}}{{template "mark"}}{{else}}{{template "lead" .}}{{end}}|{{range .}}{{with .}}{{template "content" .}}{{end}}{{end}}]{{end}}`,
		`{{define "mark"}}ours{{end}}{{define "twice"}}{{template "mark"}}{{end}}`,
	} {
		if _, err := set.Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	layout := set.Lookup("layout").Tree
	for name, text := range map[string]string{
		"plain": `{{define "content"}}plain {{template "mark"}}{{end}}`,
		"own":   `{{define "content"}}own {{template "mark"}} {{template "twice"}}{{end}}{{define "mark"}}theirs{{end}}{{define "lead"}}lead{{end}}`,
	} {
		if err := addPage(set, layout, name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for page, want := range map[string]string{"plain": "[none|ours|plain ours]", "own": "[lead|theirs|own theirs ours]"} {
		var b bytes.Buffer
		if err := set.ExecuteTemplate(&b, ofPage(page, layoutName), []string{"x"}); err != nil || b.String() != want {
			t.Errorf("%s: %q, %v; want %q", page, b.String(), err, want)
		}
	}
	if addPage(set, layout, "broken", []byte(`{{define "content"}}`)) == nil {
		t.Error("a file that does not parse was taken")
	}
}
