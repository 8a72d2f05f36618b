// Package notify writes to people: mails, and text messages to phones.
//
// A message is written into the outbox in the transaction of what it tells, and delivered afterwards (internal/outbox), so that a mail server that is
// dead or hangs loses nothing and holds up nobody. Addresses and numbers stand only in the sealed payload; what the outbox keeps in the open is a
// keyed hash. Links begin with the configured issuer, whatever a request says.
//
// Whoever asks for a message need not be its recipient, so messages are counted durably per mailbox, per number, per prefix of numbers and in all.
// The package owns transports and counts. What a mail says stands in web; when one is sent is each feature's decision.
package notify
