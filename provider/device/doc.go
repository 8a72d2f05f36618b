// Package device is the device authorization grant (RFC 8628): for a television or a command line, which show a code that a person types into a browser
// elsewhere.
//
// It owns the device authorization endpoint, the screen at /device, and the grant type. What a person is shown there and asked is never answered by
// anything remembered: each device is allowed or denied by a click (RFC 8628 section 5.4). What polls and tokens have in common with CIBA is
// core.Decoupled.
package device
