package risk_test

import (
	"slices"
	"testing"

	"github.com/jedan-auth/jedan-auth/risk"
)

func TestSecurityScore(t *testing.T) {
	for want, s := range map[int]risk.Standing{
		100: {Passkeys: 1}, 90: {Seconds: 1}, 60: {}, 20: {Stolen: true}, 0: {Stolen: true, Doubted: 9}, 95: {Passkeys: 2, Doubted: 1}, 80: {Passkeys: 1, Doubted: 40},
	} {
		got := s.Score()
		if got.Score != want {
			t.Errorf("%+v has %+v, not %d", s, got, want)
		}
		for _, r := range got.Reasons {
			if risk.Words(r, "de") == r || risk.Words(r, "") == r {
				t.Errorf("%s has no words", r)
			}
		}
		if slices.Contains(got.Reasons, "score_doubted") != (s.Doubted > 0) {
			t.Errorf("%+v: %v", s, got.Reasons)
		}
	}
}
