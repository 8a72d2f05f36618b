package samlidp

import (
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// Classes of sign-in as SAML calls them (SAML authentication context §3.4; REFEDS MFA profile).
const (
	classPrefix      = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
	classUnspecified = classPrefix + "unspecified"
	classPassword    = classPrefix + "PasswordProtectedTransport"
	classMFA         = "https://refeds.org/profile/mfa"
)

// acrOf is our class that meets one of SAML's; "" for one that means nothing here.
func acrOf(class string) string {
	switch class {
	case classUnspecified, classPassword, classPrefix + "Password":
		return assurance.One
	case classMFA, classPrefix + "TimeSyncToken", classPrefix + "MobileTwoFactorContract", "http://schemas.microsoft.com/claims/multipleauthn":
		return assurance.Two
	case assurance.Phr, assurance.Phrh:
		return class
	}
	return ""
}

// reachable says whether a sign-in here can be of a class.
func (e *Endpoint) reachable(class string) bool {
	acr := acrOf(class)
	return acr != "" && core.ReachableACR([]string{acr}, e.d.Classes...)
}

// stated is the class that an assertion states: the first of those asked for that was met, or else what the session is.
func stated(asked []string, acr string, amr []string) string {
	for _, class := range asked {
		if core.MeetsACR(acr, acrOf(class)) {
			return class
		}
	}
	switch {
	case core.MeetsACR(acr, assurance.Two):
		return classMFA
	case slices.Contains(amr, "pwd"):
		return classPassword
	}
	return classUnspecified
}
