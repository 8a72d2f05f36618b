// Package ciba is client-initiated backchannel authentication (OpenID Connect CIBA Core 1.0, modes poll and ping): a client names a person, who answers
// on a page of ours.
//
// It owns the backchannel authentication endpoint, what waits for whom, the grant type, and the notification of clients in ping mode. It renders no page:
// account/ shows what Approvals finds. Signed requests are opened by provider/jar; what polls and tokens have in common with the device grant is
// core.Decoupled.
package ciba
