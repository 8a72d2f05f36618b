// Package measure judges recorded sign-ins with an engine and makes figures of the verdicts: detection at a rate of false alarms, ROC-AUC, CPU time.
//
// It knows labels; the engine it calls does not. It owns no check and no threshold.
package measure
