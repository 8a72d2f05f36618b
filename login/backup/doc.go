// Package backup is the second factor for when everything else is out of reach: ten codes on paper, each of which works once.
//
// It owns their form and their keyed hashes. A set is shown when it is made and never again; a new one ends the old. Codes stand in for a second
// factor and are none by themselves.
package backup
