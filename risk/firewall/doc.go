// Package firewall lets in or keeps out requests by network, country and user agent.
//
// Its rules are rows; a set of them is compiled into memory, looked up without a lock and made anew when a change row says so. It owns neither the rows nor the edge
// that asks it.
package firewall
