package useragent

import "strings"

// most is how much of a header is looked at, in bytes.
const most = 256

// Parse names browser and system; "" for what it does not know. The names are proper names, the same in every language.
func Parse(header string) (browser, system string) {
	header = header[:min(len(header), most)]
	return first(header, browsers()), first(header, systems())
}

// sign is a part of a header, and what it is a sign of.
type sign struct{ part, name string }

func first(header string, signs []sign) string {
	for _, s := range signs {
		if strings.Contains(header, s.part) {
			return s.name
		}
	}
	return ""
}

// browsers stand before those whose name they bear too: Edge says Chrome, and Chrome says Safari.
func browsers() []sign {
	return []sign{
		{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"OPR/", "Opera"}, {"OPT/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"},
		{"Vivaldi/", "Vivaldi"}, {"YaBrowser/", "Yandex Browser"}, {"DuckDuckGo/", "DuckDuckGo"}, {"Ddg/", "DuckDuckGo"}, {"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	}
}

// systems stand before those that they say they are like: Android says Linux, and an iPhone says Mac OS X.
func systems() []sign {
	return []sign{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"}, {"Macintosh", "macOS"},
		{"Mac OS X", "macOS"}, {"FreeBSD", "FreeBSD"}, {"OpenBSD", "OpenBSD"}, {"Linux", "Linux"},
	}
}
