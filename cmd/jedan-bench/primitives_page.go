package main

import (
	"bytes"
	"html/template"
	"strings"
)

// barePage is a page with a form as html/template alone draws it: a dozen texts, some fields, a few conditions and a list, each value escaped where it
// stands.
const barePage = `<!doctype html><html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Title}}</title><link rel="stylesheet" href="{{.Style}}"></head>
<body><main><header>{{with .Logo}}<img src="{{.}}" alt="">{{end}}<h1>{{.Title}}</h1></header>
{{if .Problem}}<p role="alert">{{.Problem}}</p>{{end}}<p>{{.Lead}}</p><ul>{{range .Items}}<li><label><input type="checkbox" name="scope" value="{{.Value}}" checked>{{.Text}}</label></li>{{end}}</ul>
<dl><dt>{{.NameLabel}}</dt><dd>{{.Name}}</dd><dt>{{.CodeLabel}}</dt><dd>{{.Code}}</dd><dt>{{.FromLabel}}</dt><dd>{{.From}}</dd></dl>
<form method="post" action="{{.Action}}"><input type="hidden" name="csrf" value="{{.CSRF}}"><input type="hidden" name="request" value="{{.Request}}">
<button name="decision" value="allow">{{.Yes}}</button><button name="decision" value="deny">{{.No}}</button></form>
<footer>{{range .Links}}<a href="{{.Value}}">{{.Text}}</a>{{end}}</footer></main></body></html>`

type pageItem struct{ Value, Text string }

// pageWork draws barePage.
func pageWork() (func() error, error) {
	t, err := template.New("page").Parse(barePage)
	if err != nil {
		return nil, err
	}
	text := strings.Repeat("Words & more words. ", 4)
	values := struct {
		Lang, Title, Style, Logo, Problem, Lead, NameLabel, Name, CodeLabel, Code, FromLabel, From, Action, CSRF, Request, Yes, No string
		Items, Links                                                                                                               []pageItem
	}{
		Lang: "en", Title: text, Style: "/assets/style.css", Logo: "/assets/logo.svg", Lead: text, NameLabel: text, Name: "Maria Example", CodeLabel: text, Code: "BCDF-GHJK", FromLabel: text,
		From: "192.0.2.1", Action: "/device/decide", CSRF: strings.Repeat("c", 64), Request: strings.Repeat("r", 36), Yes: "Allow", No: "Cancel",
		Items: []pageItem{{"openid", text}, {"profile", text}, {"email", text}}, Links: []pageItem{{"https://app.test/policy", "Privacy"}, {"https://app.test/terms", "Terms"}},
	}
	var out bytes.Buffer
	return func() error {
		out.Reset()
		return t.Execute(&out, &values)
	}, nil
}
