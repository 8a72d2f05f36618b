// Package qr signs people in by a phone on which they are signed in.
//
// The browser that asks shows a QR code; the phone opens its link, shows who asks and from where, and the person enters there the two digits that the browser shows. The
// browser then shows the phone, and completes the sign-in after a click. Looking at the link changes nothing; a wrong number ends it. It is bound to the browser and the
// flow that it was made for, lives three minutes and is used once.
//
// It is one factor, whatever the phone's session has proved, and it is as old as that session. It is no defence against who shows a person another's code on a page
// of theirs: that is why place and device are shown, why the phone's session must be young, and why whoever has a second factor is asked for it.
package qr
