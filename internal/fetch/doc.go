// Package fetch is the one outbound HTTP client: whatever the server asks of an address that somebody else named (jwks_uri, request_uri, client ID
// metadata, back-channel logout, CIBA pings, webhooks) goes through it.
//
// It asks https addresses only, spelled plainly, and looks at every network address after the name has been resolved and once more when the socket
// is made: loopback, private, link-local, shared, multicast and reserved ones are refused, as are the forms that carry an IPv4 address inside an
// IPv6 one (NAT64, 6to4, Teredo), unless the configuration names their network. Redirects are not followed, or only within the origin. Proxies from the
// environment are ignored. Time, size and rate are bounded, nothing is decompressed, and one document is fetched by one caller at a time.
//
// Document keeps what it fetched and goes by ETag and Cache-Control within bounds. Errors are *errs.Error whose hidden cause never holds the address's
// path or query; ErrRefused among the causes says that asking again is pointless.
package fetch
