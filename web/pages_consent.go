package web

import (
	"cmp"
	"strings"
	"time"
)

// ConsentScope is one thing the application asks for.
type ConsentScope struct {
	Name     string
	Title    string   // a sentence, see ScopeText; empty: made from Name
	Detail   string   // the data that would be shared, such as the address
	Lines    []string // what else is to be known, one thing a line
	Optional bool     // a switch
	Checked  bool
	Risky    bool // last in its group, with a mark
}

// ConsentPage asks for the person's consent: POST {base}/consent with decision=allow or deny, scope once for
// each optional scope that is on, csrf and flow.
type ConsentPage struct {
	Lang             string
	Flow             string
	CSRF             string
	ClientName       string
	ClientLogoURI    string
	ClientHost       string // host of the redirect URI
	ClientDocument   string // host of the document by which the client describes itself, or ""
	Verified         bool
	Agent            bool // an agent rather than an app
	Person           string
	PersonIdentifier string
	Scopes           []ConsentScope
	Allowed          []ConsentScope // what the person allowed before and is not asked again
	Until            time.Time      // when the access ends at the latest; zero: not said
	ManageURL        string         // a path of this server where it can be ended, or ""
	PolicyURI        string
	TosURI           string
	FormAction       string // see FormActionSource
}

func (p ConsentPage) spec() spec {
	return spec{
		template: "consent", lang: p.Lang, title: msg("consent.heading"), heading: msg(p.heading()),
		client: cmp.Or(p.ClientName, p.ClientHost), logo: p.ClientLogoURI, action: p.FormAction,
		self: "/consent" + flowQuery(p.Flow), policy: p.PolicyURI, terms: p.TosURI,
	}
}

func (p ConsentPage) heading() string {
	if len(p.Allowed) > 0 {
		return "consent.more"
	}
	return "consent.title"
}

// Required are the scopes without a choice, Choices the switches; risky ones last.
func (p ConsentPage) Required() []ConsentScope { return pick(p.Scopes, false) }

// Choices are the optional scopes, risky ones last.
func (p ConsentPage) Choices() []ConsentScope { return pick(p.Scopes, true) }

// pick are the scopes with or without a choice, risky ones last.
func pick(scopes []ConsentScope, optional bool) []ConsentScope {
	var safe, risky []ConsentScope
	for _, s := range scopes {
		switch {
		case s.Optional != optional:
		case s.Risky:
			risky = append(risky, s)
		default:
			safe = append(safe, s)
		}
	}
	return append(safe, risky...)
}

// Manage is ManageURL if it is a path of this server.
func (p ConsentPage) Manage() string { return localPath(p.ManageURL) }

// ScopeText is the sentence for a scope of OpenID Connect Core sections 5.4 and 11, in the language. For any
// other scope known is false and the title names it. "claim:profile" has the words of profile: it asks for claims of it. What attributes of the profile
// schema a scope asks for is said by their labels.
func (r *Renderer) ScopeText(lang, scope string) (title string, known bool) {
	if _, ok := r.texts[lang]; !ok {
		lang = defaultLang
	}
	name := strings.TrimPrefix(scope, "claim:")
	labels := r.labels(lang, name)
	switch key := "scope." + name; {
	case r.texts.has(key) && labels == "":
		return r.texts.text(lang, key), true
	case r.texts.has(key):
		return fill(r.texts.text(lang, "scope_attributes.also"), []string{"scope", r.texts.text(lang, key), "labels", labels}, plain), true
	case labels != "":
		return fill(r.texts.text(lang, "scope_attributes.only"), []string{"labels", labels}, plain), true
	}
	return fill(r.texts.text(lang, "consent.scope"), []string{"scope", display(scope, maxName)}, plain), false
}

// labels are those of the attributes that a scope asks for, "" if there are none.
func (r *Renderer) labels(lang, scope string) string {
	var out []string
	for _, label := range r.attributes[scope] {
		out = append(out, display(label(lang), maxName))
	}
	return strings.Join(out, ", ")
}

// scopeText is what a row of the consent page says.
type scopeText struct {
	Title, Detail, Mark string
	Lines               []string
}

// Scope words a scope for its row.
func (v *view) Scope(s ConsentScope) scopeText {
	text := scopeText{Title: v.Sentence(s.Title), Detail: v.Sentence(s.Detail)}
	if text.Title == "" {
		text.Title, _ = v.r.ScopeText(v.Lang, s.Name)
	}
	for _, line := range s.Lines {
		text.Lines = append(text.Lines, v.Sentence(line))
	}
	if s.Risky {
		text.Mark = v.T("consent.risky")
	}
	return text
}
