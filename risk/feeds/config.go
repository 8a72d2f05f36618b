package feeds

import (
	"errors"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/config"
)

// Config says who is asked. The zero value asks nobody.
type Config struct {
	AbuseIPDB  Service   `config:"abuseipdb" doc:"AbuseIPDB, API version 2."`
	VirusTotal Service   `config:"virustotal" doc:"VirusTotal, API version 3. The free quota is 4 requests a minute and 500 a day, and not for commercial use."`
	OTX        Service   `config:"otx" doc:"AlienVault (LevelBlue) OTX."`
	Tor        Tor       `config:"tor" doc:"The list of exits of the Tor network."`
	Passwords  Passwords `config:"passwords" doc:"Passwords that are known to be stolen."`
}

// Service is a feed that is asked about one address at a time.
type Service struct {
	Key       config.Secret `config:"key" doc:"API key. Empty: it is not asked."`
	URL       string        `config:"url" doc:"Another address of the service, such as a proxy's. Empty: its own."`
	PerMinute int           `config:"per_minute" default:"0" doc:"Most questions in a minute; 0: what its free quota allows."`
	PerDay    int           `config:"per_day" default:"0" doc:"Most questions in a day; 0: what its free quota allows."`
	Fresh     time.Duration `config:"fresh" default:"12h" doc:"How long an answer counts."`
}

// Tor is the list of exits.
type Tor struct {
	On  bool   `config:"on" default:"false" doc:"Fetch the list, once an hour."`
	URL string `config:"url" doc:"Another address of the list. Empty: that of the Tor project."`
}

// Passwords says where stolen passwords are looked up.
type Passwords struct {
	Online bool          `config:"online" default:"false" doc:"Ask Pwned Passwords, by the first five digits of the SHA-1 and with padding: it does not learn the password, nor whose it is. New passwords wait for it, at most as long as wait says."`
	URL    string        `config:"url" doc:"Another address of the API, such as a mirror's. Empty: its own."`
	File   string        `config:"file" doc:"Path of a file of SHA-1 sums in hexadecimal, sorted, one a line; what follows the sum is ignored (Pwned Passwords' own download, or the first 16 digits of each line). Beside it nobody is asked."`
	Wait   time.Duration `config:"wait" default:"1s" doc:"Longest time that a new password waits for an answer; without one it is accepted, and that is logged and counted."`
}

// Validate refuses what cannot work.
func (c Config) Validate() error {
	for _, s := range []Service{c.AbuseIPDB, c.VirusTotal, c.OTX} {
		if s.PerMinute < 0 || s.PerDay < 0 || s.Fresh < 0 {
			return errors.New("feeds: numbers and times must not be negative")
		}
	}
	if c.Passwords.Wait < 0 || c.Passwords.Wait > 5*time.Second {
		return errors.New("feeds.passwords.wait: at most 5 s")
	}
	return nil
}

func (s Service) limits(minute, day int) Service {
	if s.PerMinute == 0 {
		s.PerMinute = minute
	}
	if s.PerDay == 0 {
		s.PerDay = day
	}
	if s.Fresh == 0 {
		s.Fresh = 12 * time.Hour
	}
	return s
}
