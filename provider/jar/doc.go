// Package jar reads request objects: authorization requests inside a signed, perhaps encrypted JWT (RFC 9101, OpenID Connect Core section 6), by value
// or at a URL that the client registered.
//
// It owns the table of what makes an object count, and how its members become parameters. It judges no parameter: that is the authorization
// endpoint's table, which sees nothing but what is in the object.
package jar
