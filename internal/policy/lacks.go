package policy

import (
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
)

// Lack is what a session has not got of what a decision wants.
type Lack string

// Lacks.
const (
	Nothing Lack = ""
	Leave   Lack = "leave"   // it is denied
	Fresh   Lack = "fresh"   // a newer sign-in
	Method  Lack = "methods" // another way to sign in
	Class   Lack = "acr"     // a stronger one
)

// justNow is how young a session is that was made because of a lack.
const justNow = time.Minute

// Final reports whether another sign-in cannot help: who is denied stays so, and whoever has just signed in, so long ago, has done what they could.
func (l Lack) Final(made time.Duration) bool {
	return l == Leave || made < justNow && (l == Class || l == Method)
}

// Lacks is the first thing that a session of this class, made by these methods so long ago, has not got.
func (d Decision) Lacks(acr string, amr []string, age time.Duration) Lack {
	switch {
	case d.Deny:
		return Leave
	case d.MaxAge.Set && age > d.MaxAge.Of:
		return Fresh
	case len(d.Methods) > 0 && slices.ContainsFunc(amr, d.unwanted):
		return Method
	case d.ACR != "" && !assurance.Meets(acr, d.ACR):
		return Class
	}
	return Nothing
}

// unwanted methods are those that are not listed. That there were several, or that a user was verified, is no method of its own.
func (d Decision) unwanted(method string) bool {
	return method != "mfa" && method != "user" && !slices.Contains(d.Methods, method)
}
