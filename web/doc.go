// Package web draws the screens: templates, style sheets, the two small scripts and the message catalogues,
// all embedded, and the renderer that sends them with a strict content security policy.
//
// A feature fills in a view model of this package (LoginPage, ConsentPage, …) and hands it to Renderer.Render.
// The package decides how a page looks and speaks, never what happens next: it reads no storage, knows no
// session and starts no redirect. Everything is parsed in New, so a broken theme stops the start, not a sign-in.
//
// Every value of a view model may come from a stranger. It is escaped by html/template, names are cut to a
// readable length and lose their control and text-direction characters, links must be http or https.
package web
