package core

import "slices"

// SupportedACR are the authentication context classes that can be met and asked for, with those that only some installations reach; discovery publishes
// them.
func SupportedACR(more ...string) []string { return append([]string{"1"}, more...) }

// classesOfACR are the classes that this server has a meaning for, weakest first: one factor, two, a phishing-resistant one, one in hardware.
func classesOfACR() []string { return []string{"1", "2", "phr", "phrh"} }

// KnownACR reports whether this server has a meaning for a class.
func KnownACR(class string) bool { return slices.Contains(classesOfACR(), class) }

// MeetsACR reports whether an authentication of one class is as good as another: the same, or a stronger one.
func MeetsACR(have, want string) bool {
	h, w := slices.Index(classesOfACR(), have), slices.Index(classesOfACR(), want)
	return have == want || h >= 0 && w >= 0 && h >= w
}

// ReachableACR reports whether some authentication that this server offers meets one of the classes.
func ReachableACR(wanted []string, more ...string) bool {
	return slices.ContainsFunc(wanted, func(w string) bool {
		return slices.ContainsFunc(SupportedACR(more...), func(s string) bool { return MeetsACR(s, w) })
	})
}
