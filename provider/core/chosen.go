package core

import (
	"slices"

	"github.com/jedan-auth/jedan-auth/web"
)

// Chosen is what a yes to a screen grants: the scopes that it showed, without those that had a switch which is not on. Whatever else the form says is
// not looked at (SE03).
func Chosen(shown []web.ConsentScope, on []string) []string {
	out := []string{}
	for _, s := range shown {
		if !s.Optional || slices.Contains(on, s.Name) {
			out = append(out, s.Name)
		}
	}
	return out
}
