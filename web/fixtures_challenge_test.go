package web

import (
	"net/http"
	"time"
)

// challengeStates are pages whose forms ask for something first.
func challengeStates(lang string) []state {
	work := Challenge{Kind: ChallengeWork, Token: "t1", Nonce: "bm9uY2Ugb2YgdGVzdHM", Pieces: 8, Bits: 12, Purpose: "login", Flow: "f1", Wait: 20 * time.Second}
	waited := Challenge{Kind: ChallengeWaited, Token: "t1"}
	return []state{
		{"challenge-login", http.StatusOK, LoginPage{Lang: lang, CSRF: "c1", Flow: "f1", ClientName: "Acme Files", Challenge: work}},
		{"challenge-login-again", http.StatusForbidden, LoginPage{Lang: lang, CSRF: "c1", Flow: "f1", Identifier: "maria@example.org", Error: ProblemChallenge, Challenge: work}},
		{"challenge-signup", http.StatusForbidden, SignupPage{Lang: lang, CSRF: "c1", Identifier: "maria@example.org", Error: ProblemChallenge, Challenge: work}},
		{"challenge-recovery", http.StatusOK, RecoveryPage{Lang: lang, CSRF: "c1", Challenge: work}},
		{"challenge-mail", http.StatusOK, MailSignInPage{Lang: lang, CSRF: "c1", Flow: "f1", Challenge: work}},
		{"challenge-lost", http.StatusOK, LostPage{Lang: lang, CSRF: "c1", Wait: 24 * time.Hour, Challenge: work}},
		{"challenge-wait", http.StatusOK, ChallengeWaitPage{Lang: lang, Wait: 20 * time.Second, Path: "/login", Flow: "f1", Pass: "p1"}},
		{"challenge-waited", http.StatusOK, LoginPage{Lang: lang, CSRF: "c1", Flow: "f1", Challenge: waited}},
	}
}
