package limits

import "strings"

// Class is a kind of route.
type Class int

// Classes. What is public, cached and the same for everybody is not counted; neither are health and metrics.
const (
	Uncounted Class = iota
	Token
	Authorize
	Login
	Account
	Register
	Other
	classes
)

// String is the class's name in the configuration, in metrics and in keys.
func (c Class) String() string {
	names := [classes]string{"uncounted", "token", "authorize", "login", "account", "registration", "other"}
	if c < 0 || c >= classes {
		return "unknown"
	}
	return names[c]
}

// roots are the beginnings of paths below the issuer, the first that fits decides.
var roots = []struct {
	path  string
	class Class
}{
	{"/oauth2/authorize", Authorize}, {"/oauth2/logout", Authorize}, {"/oauth2/check_session", Authorize}, {"/consent", Authorize}, {"/logout", Authorize},
	{"/oauth2/register", Register}, {"/oauth2", Token},
	{"/login", Login}, {"/signup", Login}, {"/recovery", Login}, {"/setup", Login}, {"/device", Login}, {"/federation", Login}, {"/saml", Login},
	{"/account", Account},
}

// ClassOf is the kind of a route by its path below the issuer.
func ClassOf(path string) Class {
	if path == "/" {
		return Authorize
	}
	for _, r := range roots {
		if path == r.path || strings.HasPrefix(path, r.path+"/") {
			return r.class
		}
	}
	return Other
}
