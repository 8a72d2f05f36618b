// Package outbox tells other servers what happened here: messages are written in the transaction of what they tell (storage.OutboxWriter, or as data
// of a command) and delivered afterwards, at least once, even when a process is killed in the middle.
//
// A message is leased by one process at a time. Messages of one kind and target go in order, one after the other; a target that does not answer is
// tried again with exponential back-off and holds up nobody else. A message that failed too often, or is too old, is dead: it stays in the delivery
// log and can be sent again by hand. What is delivered keeps no payload.
//
// The package owns leases, retries and their figures. What a kind of message says, and to whom, belongs to the feature that registers its Handler.
package outbox
