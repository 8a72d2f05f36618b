package authorize

import (
	"context"
	"strings"

	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkPrintable refuses control characters in what goes back to the client as it came (RFC 6749 appendix A.5): a form would not carry line breaks
// unchanged (AZ17).
func checkPrintable(_ context.Context, r *request) error {
	for _, name := range []string{"state", "nonce"} {
		if strings.ContainsFunc(r.get(name), func(c rune) bool { return c < 0x20 || c == 0x7f }) {
			return core.InvalidRequest("The "+name+" holds control characters.", "printable characters", "control characters").OnPage("")
		}
	}
	return nil
}
