package assurance

import "slices"

// The classes that this server has a meaning for, weakest first.
const (
	One   = "1"    // one factor
	Two   = "2"    // two factors
	Phr   = "phr"  // resistant to phishing (RFC 9470's example, OpenID EAP ACR values)
	Phrh  = "phrh" // the same, in hardware
	multi = "mfa"  // RFC 8176: factors of more than one kind

	// Channel is RFC 8176's word for what was proved over another channel: somebody's phone says it.
	Channel = "mca"
)

// Classes lists them, weakest first.
func Classes() []string { return []string{One, Two, Phr, Phrh} }

// Meets reports whether an authentication of one class is as good as another: the same, or a stronger one.
func Meets(have, want string) bool {
	h, w := slices.Index(Classes(), have), slices.Index(Classes(), want)
	return have == want || h >= 0 && w >= 0 && h >= w
}

// Stronger returns the better of two classes; one that means nothing here is the weaker.
func Stronger(a, b string) string {
	if slices.Index(Classes(), a) >= slices.Index(Classes(), b) {
		return a
	}
	return b
}

// kindOf tells what a method of RFC 8176 rests on: something known, something had, or something that one is.
func kindOf(method string) string {
	switch method {
	case "pwd", "pin", "kba":
		return "known"
	case "otp", "hwk", "swk", "sc", "sms", "tel", "pop", "email":
		return "had"
	case "face", "fpt", "iris", "retina", "vbm", "user":
		return "is"
	}
	return ""
}

// Join lists the methods of two proofs, each once, and adds mfa only where they rest on different things: a mailbox and a telephone are two steps and one
// kind.
func Join(first, second []string) []string {
	var all []string
	for _, m := range slices.Concat(first, second) {
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	kinds := map[string]bool{}
	for _, m := range all {
		if k := kindOf(m); k != "" {
			kinds[k] = true
		}
	}
	if len(kinds) > 1 && !slices.Contains(all, multi) {
		all = append(all, multi)
	}
	return all
}
