package web

import (
	"net/http"
	"strings"
	"time"
)

func mfaStates(lang string) []state {
	ok, bad := http.StatusOK, http.StatusBadRequest
	at := time.Date(2026, 11, 24, 9, 5, 7, 0, time.UTC)
	page := MFAPage{
		Lang: lang, Flow: "f1." + strings.Repeat("A", 600), Step: "s1", CSRF: "c1", ClientName: "Acme Files", Identifier: "maria@example.org", Kind: "totp",
		Others: []string{"backup"}, FormAction: FormActionSource("https://files.acme.example/cb"),
	}
	wrong, missing, locked, backup, only := page, page, page, page, page
	wrong.Error, missing.Error, locked.RetryAfter = ProblemCode, ProblemCodeMissing, 4*time.Minute
	backup.Kind, backup.Others = "backup", []string{"totp"}
	only.Others, only.Identifier = nil, ""
	trust := page
	trust.Remember = 720 * time.Hour
	key := page
	key.Kind, key.Others = "passkey", []string{"totp", "backup"}
	badKey := key
	badKey.Error = ProblemCode
	full := SecurityPage{
		Lang: lang, CSRF: "c1", Proved: true, Codes: 9, CodesOf: 10,
		Factors: []FactorRow{{ID: "1", Name: "Pixel 9", Since: at, LastUsed: at.Add(48 * time.Hour)}, {ID: "2", Since: at}},
	}
	locked2, few, ask, done, toomany := full, full, full, full, full
	full.Links = []SecurityLink{LinkSent()}
	locked2.Proved = false
	few.Codes, few.Factors = 1, full.Factors[:1]
	ask.RemoveAsk = "2"
	done.Done = SecurityAdded
	toomany.Error = ProblemFactorsFull
	enrol := EnrolPage{
		Lang: lang, CSRF: "c1", ID: "0198", Key: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
		URI: "otpauth://totp/Acme%20ID:maria%40example.org?algorithm=SHA1&digits=6&issuer=Acme+ID&period=30&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
	}
	wrongEnrol := enrol
	wrongEnrol.Error, wrongEnrol.Name = ProblemCode, "Pixel 9"
	return []state{
		{"mfa", ok, page},
		{"mfa-trust", ok, trust},
		{"mfa-passkey", ok, key},
		{"mfa-passkey-wrong", http.StatusForbidden, badKey},
		{"mfa-wrong", http.StatusForbidden, wrong},
		{"mfa-missing", bad, missing},
		{"mfa-locked", http.StatusTooManyRequests, locked},
		{"mfa-backup", ok, backup},
		{"mfa-only", ok, only},
		{"security", ok, full},
		{"security-empty", ok, SecurityPage{Lang: lang, CSRF: "c1", Proved: true}},
		{"security-unproved", ok, locked2},
		{"security-few", ok, few},
		{"security-remove", ok, ask},
		{"security-done", ok, done},
		{"security-full", http.StatusConflict, toomany},
		{"enrol", ok, enrol},
		{"enrol-wrong", http.StatusForbidden, wrongEnrol},
		{"codes", ok, CodesPage{Lang: lang, Codes: []string{
			"3fk9w-2mz7q", "x8d4t-pn6hj", "00b7c-4vgrs", "m2k8e-91ytw", "q5z3n-7dhfa", "c6p0x-k8m2j", "w9r4g-t3vb1", "8n7hd-5sfqe", "j1y6z-m4kpc", "t2v9a-0xg8r",
		}}},
	}
}
