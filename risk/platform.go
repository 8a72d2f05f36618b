package risk

import "strings"

// platforms and browsers are looked for in this order: some agents name others.
func systems() [][2]string {
	return [][2]string{
		{"iPhone", "iphone"}, {"iPad", "ipad"}, {"Android", "android"}, {"Windows", "windows"}, {"CrOS", "chromeos"}, {"Macintosh", "mac"}, {"Linux", "linux"},
	}
}

func browsers() [][2]string {
	return [][2]string{
		{"HeadlessChrome/", "headless"}, {"Edg/", "edge"}, {"OPR/", "opera"}, {"SamsungBrowser/", "samsung"}, {"Firefox/", "firefox"}, {"FxiOS/", "firefox"},
		{"CriOS/", "chrome"}, {"Chrome/", "chrome"}, {"Version/", "safari"},
	}
}

// Platform is the kind of system and browser that a user agent names, without versions: what stays when a browser updates itself.
func Platform(agent string) string {
	return first(agent, systems()) + "-" + first(agent, browsers())
}

// Handheld reports whether a platform is a phone or a tablet.
func Handheld(platform string) bool {
	return strings.HasPrefix(platform, "iphone-") || strings.HasPrefix(platform, "ipad-") || strings.HasPrefix(platform, "android-")
}

// Browserlike reports whether an agent looks like a browser that people use.
func Browserlike(agent string) bool {
	p := Platform(agent)
	return strings.HasPrefix(agent, "Mozilla/5.0 (") && !strings.HasPrefix(p, "other-") && !strings.HasSuffix(p, "-other") && !strings.HasSuffix(p, "-headless")
}

func first(agent string, table [][2]string) string {
	for _, row := range table {
		if strings.Contains(agent, row[0]) {
			return row[1]
		}
	}
	return "other"
}
