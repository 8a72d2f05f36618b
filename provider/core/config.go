package core

import (
	"errors"
	"time"
)

// Config says how long things live. The zero value is refused; Defaults gives the shipped values.
type Config struct {
	AccessLifetime  time.Duration `config:"access_lifetime" doc:"How long an access token counts unless its client or resource says otherwise." default:"10m"`
	CodeLifetime    time.Duration `config:"code_lifetime" doc:"How long an authorization code can be redeemed (RFC 6749 section 4.1.2 recommends at most 10 minutes)." default:"60s"`
	IDTokenLifetime time.Duration `config:"id_token_lifetime" doc:"How long an ID token counts." default:"10m"`
	GrantLifetime   time.Duration `config:"grant_lifetime" doc:"Absolute end of a grant and of every refresh token of it, however often it is used." default:"2160h"`
	RefreshGrace    time.Duration `config:"refresh_grace" doc:"How long the predecessor of a rotated refresh token still returns its same successor; 0 allows none." default:"10s"`
	FlowLifetime    time.Duration `config:"flow_lifetime" doc:"How long a person may take to sign in and consent." default:"1h"`
	AssertionMax    time.Duration `config:"assertion_lifetime_max" doc:"Longest lifetime of a client assertion (RFC 7523) that is accepted." default:"10m"`
	PushedLifetime  time.Duration `config:"pushed_lifetime" doc:"How long a pushed authorization request (RFC 9126) may wait for the browser to open it." default:"90s"`
	RequirePushed   bool          `config:"require_pushed_authorization_requests" doc:"Take no authorization request that was not pushed (RFC 9126), from any client." default:"false"`
	CIBALifetime    time.Duration `config:"ciba_lifetime" doc:"How long a backchannel authentication request (CIBA) waits for its person unless the client asks for another time." default:"5m"`
	CIBAPerPerson   int           `config:"ciba_per_person" doc:"Backchannel requests of one client that may reach one person in ten minutes without being allowed." default:"10"`
	DeviceLifetime  time.Duration `config:"device_lifetime" doc:"How long a device authorization (RFC 8628) waits for its person." default:"10m"`
	ClockSkew       time.Duration `config:"clock_skew" doc:"Tolerated difference to the clocks of clients." default:"60s"`

	DPoPNonce string             `config:"dpop_nonce" doc:"required: every DPoP proof needs a nonce of the server (RFC 9449 section 8). off: only those of clients registered with jedan_dpop_nonce." default:"off"`
	Details   []DetailTypeConfig `config:"authorization_details" doc:"Types of authorization details (RFC 9396). Empty: none are taken."`

	TrustedIssuers []IssuerConfig `config:"trusted_issuers" doc:"Other issuers whose JWTs count here, as assertions (RFC 7523) or to be exchanged (RFC 8693), for clients whose registration names them."`
}

// Values of Config.DPoPNonce.
const (
	NonceOff      = "off"
	NonceRequired = "required"
)

// Defaults returns the shipped values.
func Defaults() Config {
	return Config{
		AccessLifetime: 10 * time.Minute, CodeLifetime: time.Minute, IDTokenLifetime: 10 * time.Minute, GrantLifetime: 90 * 24 * time.Hour,
		RefreshGrace: 10 * time.Second, FlowLifetime: time.Hour, AssertionMax: 10 * time.Minute, PushedLifetime: 90 * time.Second, ClockSkew: time.Minute,
		DPoPNonce: NonceOff, DeviceLifetime: 10 * time.Minute, CIBALifetime: 5 * time.Minute, CIBAPerPerson: 10,
	}
}

// Validate refuses lifetimes that are unsafe or useless.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, msg string) {
		if !ok {
			errs = append(errs, errors.New(msg))
		}
	}
	check(c.AccessLifetime >= time.Second && c.AccessLifetime <= 24*time.Hour, "access_lifetime must be between 1s and 24h")
	check(c.CodeLifetime >= time.Second && c.CodeLifetime <= 10*time.Minute, "code_lifetime must be between 1s and 10m")
	check(c.IDTokenLifetime >= time.Second && c.IDTokenLifetime <= 24*time.Hour, "id_token_lifetime must be between 1s and 24h")
	check(c.GrantLifetime >= c.AccessLifetime, "grant_lifetime must not be shorter than access_lifetime")
	check(c.RefreshGrace >= 0 && c.RefreshGrace <= time.Minute, "refresh_grace must be between 0 and 1m")
	check(c.FlowLifetime >= time.Minute && c.FlowLifetime <= 24*time.Hour, "flow_lifetime must be between 1m and 24h")
	check(c.AssertionMax >= time.Second && c.AssertionMax <= time.Hour, "assertion_lifetime_max must be between 1s and 1h")
	check(c.PushedLifetime >= 5*time.Second && c.PushedLifetime <= 10*time.Minute, "pushed_lifetime must be between 5s and 10m")
	check(c.CIBALifetime >= 30*time.Second && c.CIBALifetime <= 15*time.Minute, "ciba_lifetime must be between 30s and 15m")
	check(c.CIBAPerPerson >= 1 && c.CIBAPerPerson <= 1000, "ciba_per_person must be between 1 and 1000")
	check(c.DeviceLifetime >= time.Minute && c.DeviceLifetime <= 30*time.Minute, "device_lifetime must be between 1m and 30m")
	check(c.ClockSkew >= 0 && c.ClockSkew <= 2*time.Minute, "clock_skew must be between 0 and 2m")
	check(c.DPoPNonce == NonceOff || c.DPoPNonce == NonceRequired, "dpop_nonce must be off or required")
	if err := validateIssuers(c.TrustedIssuers); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
