package web

// sampleChallenge is work to do.
func sampleChallenge() Challenge {
	return Challenge{Kind: ChallengeWork, Token: "t", Nonce: "n", Pieces: 8, Bits: 14, Purpose: "login", Wait: 20}
}

func challengedLogin() Page    { return LoginPage{Challenge: sampleChallenge(), Error: ProblemChallenge} }
func challengedRecovery() Page { return RecoveryPage{Challenge: sampleChallenge()} }
func challengedSignup() Page {
	return SignupPage{Challenge: Challenge{Kind: ChallengeWaited, Token: "t"}}
}
func challengedMail() Page { return MailSignInPage{Challenge: sampleChallenge()} }
func challengedLost() Page { return LostPage{Challenge: sampleChallenge()} }
