// Package telemetry is how the server speaks to its operators: structured logs
// that carry the request id and no secret, bounded under a flood of failures, and
// the metrics, in a registry of their own.
//
// It owns the shape of both. What is worth a line or a count is decided where it
// happens. Durable records are internal/audit's.
package telemetry
