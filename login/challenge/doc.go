// Package challenge asks for work before a form counts, while an address or an account is under attack: the browser computes for a moment, or, where it runs no
// scripts, waits in line. Another service's captcha can take the place of the computing.
//
// It owns the signed challenges, what counts as an answer, and the line. Nothing is stored before an answer is right; then one row of the replay ledger, so that
// it counts once. It owns neither the alarm (internal/limits and risk know who is under attack) nor the forms.
package challenge
