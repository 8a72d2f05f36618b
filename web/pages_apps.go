package web

import "time"

// AppRow is an application that a person has allowed something.
type AppRow struct {
	ID         string // value of the field app
	ClientName string
	ClientHost string
	Agent      bool
	Scopes     []ConsentScope
	Since      time.Time
	Until      time.Time   // when its access ends at the latest; zero: it has none now
	UsedAt     time.Time   // when its access was last used; zero: it was not
	From       *SessionRow // the browser in which access was last given; nil if it is not signed in any more
}

// AppTile is an application that a person may start from here.
type AppTile struct {
	Title string
	URL   string // http or https
}

// AppsPage lists a person's applications, each with one button that ends it: POST {base}/account/apps with app and csrf.
type AppsPage struct {
	Lang  string
	CSRF  string
	Ended string // name of the application that has just been ended, or ""
	Rows  []AppRow
	Tiles []AppTile
}

func (p AppsPage) spec() spec {
	return spec{template: "apps", lang: p.Lang, title: msg("apps.title"), self: "/account/apps", section: "apps"}
}
