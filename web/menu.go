package web

// menu lists the pages of an account, in the order in which they stand. A page joins with one line here, its text in the catalogues, and
// section in its spec; what belongs to a page (an approval, a confirmation) bears that page's section.
func menu() []section {
	return []section{
		{"home", "/", "menu.home"},
		{"profile", "/account/profile", "menu.profile"},
		{"password", "/account/password", "menu.password"},
		{"passkeys", "/account/passkeys", "menu.passkeys"},
		{"security", "/account/security", "menu.security"},
		{"sessions", "/account/sessions", "menu.sessions"},
		{"logins", "/account/logins", "menu.logins"},
		{"apps", "/account/apps", "menu.apps"},
		{"approvals", "/account/approvals", "menu.approvals"},
		{"activity", "/account/activity", "menu.activity"},
		{"data", "/account/export", "menu.data"},
	}
}

// section is an entry of the menu: its name, its page's address below the base, and the key of its text.
type section struct{ name, path, text string }

// menuLink is an entry as it is drawn.
type menuLink struct {
	Name, Text, Href string
	Current          bool
}

// Menu is what stands beside a page of an account; nil where a page stands alone.
func (v *view) Menu() []menuLink {
	if v.spec.section == "" {
		return nil
	}
	var links []menuLink
	for _, s := range menu() {
		if !v.r.without[s.name] {
			links = append(links, menuLink{Name: s.name, Text: v.T(s.text), Href: v.Base + s.path, Current: s.name == v.spec.section})
		}
	}
	return links
}

// Here is the menu's text for this page.
func (v *view) Here() string {
	for _, link := range v.Menu() {
		if link.Current {
			return link.Text
		}
	}
	return v.T("menu.title")
}
