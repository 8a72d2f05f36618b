// Package generate invents sign-ins: people with homes, jobs, phones, journeys and habits, and attackers among them, for the measurement of the risk engine.
//
// The same seed gives the same events on every machine. Its distributions are written down in docs/guides/risk.md; they were chosen before any check was
// written and are not to be moved to please one. It knows no check.
package generate
