// Package setup makes the first administrator by a link that works once.
//
// It owns the link (made by serve and init, kept as a hash) and its page. Once an
// administrator exists the page is closed for good: there is nothing here then.
package setup
