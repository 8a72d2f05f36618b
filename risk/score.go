package risk

// Standing is how well an account is protected, and what happened to it lately.
type Standing struct {
	Passkeys int
	Seconds  int  // second factors
	Stolen   bool // the password is known to be
	Doubted  int  // sign-ins and uses of sessions that were not simply allowed, within ScoreDays
}

// ScoreDays is how long a doubtful sign-in counts.
const ScoreDays = 30

// SecurityScore is from 0 to 100, with the reasons for what is missing: codes for Words.
type SecurityScore struct {
	Score   int      `json:"security_score"`
	Reasons []string `json:"reasons,omitempty"`
}

// Score takes off for what is missing: 40 for a password that stands alone and 10 for one that a second factor guards, where a passkey would do better; 40 for one that is
// stolen; and 5, at most 20, for each doubtful sign-in of the last month.
func (s Standing) Score() SecurityScore {
	out := SecurityScore{Score: 100}
	take := func(n int, reason string) {
		if n > 0 {
			out.Score, out.Reasons = max(0, out.Score-n), append(out.Reasons, reason)
		}
	}
	switch {
	case s.Passkeys == 0 && s.Seconds == 0:
		take(40, "score_alone")
	case s.Passkeys == 0:
		take(10, "score_no_passkey")
	}
	if s.Stolen {
		take(40, "score_stolen")
	}
	take(min(20, 5*s.Doubted), "score_doubted")
	return out
}
