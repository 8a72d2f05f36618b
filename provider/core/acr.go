package core

import (
	"slices"

	"github.com/jedan-auth/jedan-auth/internal/assurance"
)

// SupportedACR are the authentication context classes that can be met and asked for; discovery publishes them.
func SupportedACR() []string { return []string{assurance.One, assurance.Two} }

// KnownACR reports whether this server has a meaning for a class.
func KnownACR(class string) bool { return slices.Contains(assurance.Classes(), class) }

// MeetsACR reports whether an authentication of one class is as good as another: the same, or a stronger one.
func MeetsACR(have, want string) bool { return assurance.Meets(have, want) }

// ReachableACR reports whether some authentication that this server offers meets one of the classes.
func ReachableACR(wanted []string) bool {
	return slices.ContainsFunc(wanted, func(w string) bool {
		return slices.ContainsFunc(SupportedACR(), func(s string) bool { return MeetsACR(s, w) })
	})
}
