package policy

import (
	"slices"
	"time"
)

// Acts that are judged.
const (
	SignIn    = "sign_in"   // a first factor is proved
	Authorize = "authorize" // a session answers an authorization request
	Device    = "device"    // a session allows a device (RFC 8628)
	CIBA      = "ciba"      // a session answers a backchannel request
	Account   = "account"   // a person changes how they sign in
	QR        = "qr"        // a session on a phone allows a sign-in elsewhere
)

// Acts lists them.
func Acts() []string { return []string{SignIn, Authorize, Device, CIBA, Account, QR} }

// IsAct reports whether it is one of them.
func IsAct(s string) bool { return slices.Contains(Acts(), s) }

// Given is everything that a rule can look at. The names in a rule are those of the tags.
type Given struct {
	Client  Client    `cel:"client" config:"client" json:"client" doc:"The application that asks; empty where none does."`
	Person  Person    `cel:"person" config:"person" json:"person" doc:"Whom it is about."`
	Request Request   `cel:"request" config:"request" json:"request" doc:"What is asked for."`
	Session Session   `cel:"session" config:"session" json:"session" doc:"How the person has signed in; at a sign-in what the first factor has shown."`
	Device  Browser   `cel:"device" config:"device" json:"device" doc:"The browser that asks."`
	Network Network   `cel:"network" config:"network" json:"network" doc:"Where the request comes from."`
	Risk    Risk      `cel:"risk" config:"risk" json:"risk" doc:"What the risk engine thinks."`
	Now     time.Time `cel:"now" config:"now" json:"now" doc:"The time, such as 2026-11-29T21:30:00Z."`
}

// Client is the application that asks; empty where none does.
type Client struct {
	ID         string `cel:"id" config:"id" json:"id" doc:"Identifier."`
	Profile    string `cel:"profile" config:"profile" json:"profile" doc:"Profile of the client, such as mcp."`
	FirstParty bool   `cel:"first_party" config:"first_party" json:"first_party" doc:"The operator's own."`
	Public     bool   `cel:"public" config:"public" json:"public" doc:"It has no credentials."`
	Unvetted   bool   `cel:"unvetted" config:"unvetted" json:"unvetted" doc:"Nobody here knows it: it registered itself without a token, or its document describes it."`
}

// Person is whom it is about.
type Person struct {
	ID     string   `cel:"id" config:"id" json:"id" doc:"Identifier."`
	Groups []string `cel:"groups" config:"groups" json:"groups" doc:"Groups, by way of others too."`
	Admin  bool     `cel:"admin" config:"admin" json:"admin" doc:"An administrator."`
}

// Request is what is asked for.
type Request struct {
	Act       string   `cel:"act" config:"act" json:"act" doc:"sign_in, authorize, device, ciba, account or qr."`
	Scopes    []string `cel:"scopes" config:"scopes" json:"scopes" doc:"Scopes that are asked for."`
	Resources []string `cel:"resources" config:"resources" json:"resources" doc:"Resources that are asked for."`
}

// Session is how the person has signed in. At a sign-in it is what the first factor has shown.
type Session struct {
	ACR string   `cel:"acr" config:"acr" json:"acr" doc:"Class of authentication."`
	AMR []string `cel:"amr" config:"amr" json:"amr" doc:"Methods of RFC 8176 that were used."`
	Age int64    `cel:"age" config:"age" json:"age" doc:"Seconds since the sign-in."`
}

// Browser is the browser that asks.
type Browser struct {
	Known   bool `cel:"known" config:"known" json:"known" doc:"The person has signed in with it before."`
	Trusted bool `cel:"trusted" config:"trusted" json:"trusted" doc:"The person trusts it."`
}

// Network is where the request comes from.
type Network struct {
	Address string `cel:"address" config:"address" json:"address" doc:"IP address."`
	Country string `cel:"country" config:"country" json:"country" doc:"ISO 3166-1, two letters; empty without a file of places."`
}

// Risk is what the risk engine thinks.
type Risk struct {
	Score  float64 `cel:"score" config:"score" json:"score" doc:"Score."`
	StepUp bool    `cel:"step_up" config:"step_up" json:"step_up" doc:"It is over the threshold of a second factor."`
}

// values are the variables of an evaluation.
func (g *Given) values() map[string]any {
	return map[string]any{
		"client": &g.Client, "person": &g.Person, "request": &g.Request, "session": &g.Session, "device": &g.Device, "network": &g.Network, "risk": &g.Risk, "now": g.Now,
	}
}
