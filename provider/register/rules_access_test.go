package register

import (
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

func TestAllowedNamesGroupsAndPeople(t *testing.T) {
	w := newWorld(t)
	m := storage.ClientMetadata{RedirectURIs: []string{"https://app.test/cb"}}
	for _, good := range [][]string{nil, {}, {"group:staff", "group:eu/sales", "person:auth0|42"}} {
		m.Allowed = good
		if _, err := w.Create(t.Context(), m, Options{Actor: operator()}); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range []string{"", "staff", "group:", "group:st aff", "group:\u0430dmin", "person:", "person:a b", "person:" + strings.Repeat("x", 256), "Group:staff"} {
		m.Allowed = []string{bad}
		if _, err := w.Create(t.Context(), m, Options{Actor: operator()}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	m.Allowed = []string{"group:staff", "group:staff"}
	if _, err := w.Create(t.Context(), m, Options{Actor: operator()}); !errs.Is(err, errs.Invalid) {
		t.Errorf("twice: %v", err)
	}
}
