// Package flow carries one authorization request from page to page without storing it, and signs what each step of the interaction has proved.
//
// A Flow is the validated request, sealed into one opaque parameter of at most 4096 bytes and bound to the browser that began it. A Step is the
// signed result of one step (sign-in, account choice, consent, sign-out), bound to the flow, the step's name, the person and the session.
//
// It owns the two encodings. It owns neither the order of the steps nor what they mean: the dispatcher in provider does.
package flow
