// Package runner holds a running provider against the OpenID Foundation's conformance suite: it has the plan's clients
// created, drives the running suite over its REST API, prints a line a module, and writes report.json and report.md.
//
// It owns neither the plans (conformance/plans) nor what is accepted (conformance/expected), and it starts neither the
// suite nor the provider. Secrets reach the suite, which needs them, and never a line of output or a report.
package runner
