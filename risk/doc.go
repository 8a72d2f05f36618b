// Package risk judges sign-ins and says why.
//
// An attempt is looked at by a table of checks (risk/checks). Each finds factors: what it saw, what speaks for the person or against, and how much that weighs. The
// sum is the score, and two thresholds make of it a verdict: allow, step up, deny.
//
// It owns the score, what is remembered of a person (Baseline) and of everybody's attempts (Traffic), and how both are bounded. It owns no check, no feed and
// no factor of sign-in, and it refuses nobody itself: who asked for the verdict acts on it.
package risk
