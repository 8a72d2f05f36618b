package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/audit"
)

// activityTypes are the events that can have a person as who did it or whom it was done to.
func activityTypes() []string {
	return []string{
		audit.UserLogin, audit.UserLogout, audit.UserCreate, audit.UserUpdate, audit.UserLock, audit.UserUnlock, audit.UserDisable, audit.UserPasswordChange,
		audit.UserExport, audit.UserDeleteRequest, audit.UserDeleteCancel, audit.ConsentGrant, audit.ConsentDeny, audit.ConsentRevoke, audit.GrantCreate, audit.GrantRedeem, audit.GrantReuse, audit.GrantRevoke,
		audit.GrantRefresh, audit.TokenIssue, audit.TokenRevoke, audit.TokenExchange, audit.SessionRevoke, audit.BrowserTrust, audit.BrowserDistrust, audit.SetupComplete, audit.LoginFailures,
		audit.UserRequire, audit.UserTermsAccept, audit.UserEmailVerify,
		audit.RecoveryBegin, audit.RecoveryReady, audit.RecoveryCancel, audit.RecoveryUse, audit.RecoveryLink, audit.RecoveryLinkUse, audit.QRApprove, audit.QRDeny, audit.QRUse,
	}
}

func activityKeys() []string {
	keys := []string{"activity.user.update.failed", "activity.qr.deny.failed"}
	for _, t := range activityTypes() {
		keys = append(keys, "activity."+t)
	}
	return keys
}

// TestActivityIsInWords: every kind of event is a sentence, and one that has none yet is named.
func TestActivityIsInWords(t *testing.T) {
	r := newRenderer(t, Options{})
	for _, lang := range r.locales.names {
		for _, typ := range activityTypes() {
			body := draw(t, r, "/", http.StatusOK, ActivityPage{Lang: lang, Rows: []ActivityRow{{Type: typ, ClientName: "Acme Files", Count: 3}}}).Body.String()
			if strings.Contains(body, "activity."+typ) || strings.Contains(body, "("+typ+")") {
				t.Errorf("%s has no word for %s", lang, typ)
			}
		}
	}
	body := draw(t, r, "/", http.StatusOK, ActivityPage{Rows: []ActivityRow{{Type: "moon.rise"}}}).Body.String()
	if !strings.Contains(body, "(moon.rise)") {
		t.Error("an unknown event is not named")
	}
}
