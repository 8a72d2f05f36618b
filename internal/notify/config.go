package notify

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/config"
)

// MailConfig is how mails go out.
type MailConfig struct {
	Sender   string        `config:"sender" doc:"Who mails come from: an address, or a name with one, such as Acme <no-reply@acme.example>. Empty: no-reply at the issuer's host."`
	Host     string        `config:"host" doc:"Host name of the mail server (SMTP). Empty: mails are written as files, see file."`
	Port     int           `config:"port" default:"587" doc:"Port of the mail server."`
	TLS      string        `config:"tls" default:"starttls" doc:"How the connection is encrypted: starttls, implicit (usually port 465), or none (only for a server on this host)."`
	Username string        `config:"username" doc:"User name at the mail server. Empty: none is given."`
	Password config.Secret `config:"password" doc:"Password at the mail server."`
	HELO     string        `config:"helo" doc:"Name by which this server greets the mail server. Empty: the issuer's host."`
	Timeout  time.Duration `config:"timeout" default:"10s" doc:"Longest time for a step of the delivery of one mail; at most 15s."`
	File     string        `config:"file" doc:"Folder into which mails are written (.eml) instead of being sent, for development. Empty and no host: mail in the data folder."`
	PerHour  int           `config:"per_hour" default:"2000" doc:"Most mails in an hour, of each kind, that anybody can ask for without being signed in."`
}

// Validate refuses what cannot work or is unsafe.
func (c MailConfig) Validate() error {
	var all []error
	if c.Sender != "" {
		if _, err := mail.ParseAddress(c.Sender); err != nil {
			all = append(all, errors.New("sender: an address, or a name with one in <>"))
		}
	}
	if c.Host != "" && (c.Port < 1 || c.Port > 65535) {
		all = append(all, errors.New("port: 1 to 65535"))
	}
	if !slices.Contains([]string{tlsStart, tlsImplicit, tlsNone}, c.TLS) {
		all = append(all, errors.New("tls: starttls, implicit or none"))
	}
	if c.TLS == tlsNone && c.Username != "" && c.Host != "localhost" && !strings.HasPrefix(c.Host, "127.") && c.Host != "::1" {
		all = append(all, errors.New("tls: a password does not go to another host without encryption"))
	}
	if c.Host != "" && c.File != "" {
		all = append(all, errors.New("host and file: one of both"))
	}
	if c.Timeout <= 0 || c.Timeout > 15*time.Second || c.PerHour < 1 {
		all = append(all, errors.New("timeout: more than 0 and at most 15s; per_hour: 1 or more"))
	}
	return errors.Join(all...)
}

// How connections to a mail server are encrypted.
const (
	tlsStart    = "starttls"
	tlsImplicit = "implicit"
	tlsNone     = "none"
)

// Providers of text messages.
const (
	providerTwilio = "twilio"
	providerVonage = "vonage"
	providerHTTP   = "http"
	providerFile   = "file"
)

// SMSConfig is how text messages go out.
type SMSConfig struct {
	Provider  string        `config:"provider" doc:"Who delivers text messages: twilio, vonage, http (a gateway of your own), or file (for development). Empty: nobody; codes by text message are off."`
	Sender    string        `config:"sender" doc:"Number or name that text messages come from."`
	Account   string        `config:"account" doc:"Twilio: account SID. Vonage: API key."`
	Secret    config.Secret `config:"secret" doc:"Twilio: auth token. Vonage: API secret. http: bearer token, if the gateway wants one."`
	URL       string        `config:"url" doc:"http: address that messages are posted to. twilio and vonage: base address, empty for theirs."`
	File      string        `config:"file" doc:"file: folder into which messages are written. Empty: sms in the data folder."`
	Countries []string      `config:"countries" doc:"Countries (ISO 3166, such as DE) whose mobile numbers may get messages. Empty: none, so no message goes out."`
	PerPrefix int           `config:"per_prefix" default:"200" doc:"Most messages in a day to numbers that begin alike (country code and three digits): a bound on what toll fraud can cost."`
	PerDay    int           `config:"per_day" default:"2000" doc:"Most messages in a day."`
}

// On reports whether text messages can go out.
func (c SMSConfig) On() bool { return c.Provider != "" && len(c.Countries) > 0 }

// Validate refuses what cannot work.
func (c SMSConfig) Validate() error {
	var all []error
	switch c.Provider {
	case "", providerFile:
	case providerTwilio, providerVonage:
		if c.Account == "" || c.Secret == "" || c.Sender == "" {
			all = append(all, fmt.Errorf("%s: account, secret and sender are needed", c.Provider))
		}
	case providerHTTP:
		if c.URL == "" {
			all = append(all, errors.New("http: url is needed"))
		}
	default:
		all = append(all, errors.New("provider: twilio, vonage, http, file, or empty"))
	}
	for _, country := range c.Countries {
		if !isCountry(country) {
			all = append(all, errors.New("countries: two capital letters each, such as DE"))
			break
		}
	}
	if c.PerPrefix < 1 || c.PerDay < 1 {
		all = append(all, errors.New("per_prefix, per_day: 1 or more"))
	}
	return errors.Join(all...)
}
