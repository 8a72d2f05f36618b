package generate

import (
	"fmt"
	"math/rand/v2"
)

// platform is a kind of device with its share among computers or phones.
type platform struct {
	name  string
	phone bool
	share float64
}

func platforms() []platform {
	return []platform{
		{"windows-chrome", false, 42}, {"windows-edge", false, 22}, {"windows-firefox", false, 8}, {"mac-safari", false, 10}, {"mac-chrome", false, 12},
		{"linux-firefox", false, 4}, {"linux-chrome", false, 2}, {"android-chrome", true, 48}, {"iphone-safari", true, 46}, {"ipad-safari", true, 6},
	}
}

// pickPlatform draws one, computers or phones.
func pickPlatform(r *rand.Rand, phone bool) string {
	all, sum := platforms(), 0.0
	for _, p := range all {
		if p.phone == phone {
			sum += p.share
		}
	}
	x := r.Float64() * sum
	for _, p := range all {
		if p.phone != phone {
			continue
		}
		if x -= p.share; x < 0 {
			return p.name
		}
	}
	return "windows-chrome"
}

// agent is the user agent of a platform on a day: browsers move to a new version each four weeks, some a little late.
func agent(platform string, day, lag int) string {
	step := max(0, day-lag) / 28
	chrome := fmt.Sprintf("Chrome/%d.0.0.0 Safari/537.36", 143+step)
	switch platform {
	case "windows-edge":
		return "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) " + chrome + fmt.Sprintf(" Edg/%d.0.0.0", 143+step)
	case "windows-firefox":
		return fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:%d.0) Gecko/20100101 Firefox/%d.0", 146+step, 146+step)
	case "mac-safari":
		return fmt.Sprintf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.%d Safari/605.1.15", 1+step/2)
	case "mac-chrome":
		return "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) " + chrome
	case "linux-firefox":
		return fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.0", 146+step, 146+step)
	case "linux-chrome":
		return "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " + chrome
	case "linux-headless":
		return fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/%d.0.0.0 Safari/537.36", 143+step)
	case "android-chrome":
		return fmt.Sprintf("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Mobile Safari/537.36", 143+step)
	case "iphone-safari":
		return fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.%d Mobile/15E148 Safari/604.1", 1+step/2)
	case "ipad-safari":
		return fmt.Sprintf("Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.%d Mobile/15E148 Safari/604.1", 1+step/2)
	case "python":
		return "python-requests/2.32.5"
	case "go":
		return "Go-http-client/2.0"
	}
	return "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) " + chrome
}
