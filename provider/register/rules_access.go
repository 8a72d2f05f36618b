package register

import (
	"context"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/groups"
	"github.com/jedan-auth/jedan-auth/provider/core"
)

// checkAllowedPeople: whoever may use the client is named by group or by subject.
func checkAllowedPeople(_ context.Context, c candidate) error {
	return eachOf(CodeMetadata, "jedan_allowed", c.Allowed, func(s string) string {
		if group, ok := strings.CutPrefix(s, core.AllowedGroup); ok && groups.ValidName(group) {
			return ""
		}
		if sub, ok := strings.CutPrefix(s, core.AllowedPerson); ok && printable(sub, 255) {
			return ""
		}
		return "must be group:NAME or person:SUB"
	})
}
