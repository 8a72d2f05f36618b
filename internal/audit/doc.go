// Package audit makes the durable events of the surface page's schema. A Recorder turns an Event into a row that the storage call of the change
// writes in its own transaction; what could name a person (addresses, devices, free data) is sealed in it. Failures counts refusals in memory and
// writes one summary row per account or address and minute.
//
// It owns the schema and its limits. It decides nothing about what is worth an event, and it is no log: secrets and tokens never come here.
package audit
