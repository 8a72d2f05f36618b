// Package magiclink signs people in by a link that is mailed to them, or by the code in the same mail.
//
// The link works in the browser that asked, after a click there; looking at it uses nothing. In any other browser it only says what to do: type the
// code where the sign-in began. Both end with one use, after ten minutes, and when another mail is sent for the same sign-in. It says the same to
// everybody, whether there is an account or not. It is a first factor: whoever has a second is asked for it.
package magiclink
