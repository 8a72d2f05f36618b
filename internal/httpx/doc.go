// Package httpx is the edge: the only platform package that knows gin.
//
// It owns how a request comes in (listeners, TLS, hosts, proxies, limits, forms)
// and how an answer goes out (guards with their headers, the one place where
// errors become responses, the access log). It owns no route of a feature and no
// rule of the protocol: features mount routes on Router, name a Guard for each
// and return errors from a Handler.
//
// HEAD: Document routes answer it by their GET handler without the body. Page
// and API routes refuse it with 405 unless they register it themselves, so that
// no handler with an effect runs for a HEAD.
package httpx
