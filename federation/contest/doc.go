// Package contest is the contract of connectors: what the broker relies on, whatever the kind. Each kind is held to it beside a fake of its upstream, as storage is to
// storage/storetest.
package contest
