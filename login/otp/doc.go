// Package otp is the second factor that is sent: six digits by text message to a person's phone, or by mail to their mailbox.
//
// A code belongs to one person, one factor, one kind and one sign-in in one browser; it ends after ten minutes, with its use, with five tries and when
// another is sent. It goes out when the person asks for it, never by itself. Where it goes to was proved when the factor was added and is kept with the
// factor: a number that changes elsewhere moves no factor. The package owns sending, the codes and the pages that add and remove such factors. Its parent
// counts tries and makes sessions; internal/notify bounds what goes out.
package otp
