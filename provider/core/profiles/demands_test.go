package profiles

import (
	"slices"
	"testing"

	"github.com/jedan-auth/jedan-auth/storage"
)

func TestWithin(t *testing.T) {
	for _, one := range []struct{ list, bound, want []string }{
		{nil, []string{"a"}, nil},
		{[]string{"a", "b"}, nil, []string{"a", "b"}},
		{[]string{"a", "b"}, []string{}, nil},
		{[]string{"a", "b"}, []string{"b", "c"}, []string{"b"}},
	} {
		if got := Within(one.list, one.bound); !slices.Equal(got, one.want) {
			t.Errorf("%v within %v: %v", one.list, one.bound, got)
		}
	}
}

// Two bounds that share nothing let nothing through, whichever comes first.
func TestDemandsTogether(t *testing.T) {
	a, b := Demands{Algs: []string{"PS256"}}, Demands{Algs: []string{"ES256"}}
	for _, d := range []Demands{a.and(b), b.and(a), a.and(b).and(a), Demands{}.and(a).and(b)} {
		if d.Algs == nil || len(Within([]string{"PS256", "ES256", "RS256"}, d.Algs)) > 0 {
			t.Errorf("together: %v", d.Algs)
		}
	}
	if d := (Demands{}).and(Demands{}); d.Algs != nil || d.Scopes != nil {
		t.Errorf("without bounds: %+v", d)
	}
}

// A configuration without scopes for agents bounds nothing, as its documentation says.
func TestNoCeiling(t *testing.T) {
	m := &storage.ClientMetadata{ClientProfile: storage.ClientProfile{Profile: MCP}}
	if d := DemandsOf(m, Server{MCP: Ceiling{Scopes: []string{}}}); d.Scopes != nil {
		t.Errorf("bound by %v", d.Scopes)
	}
}
