// Package onetime makes codes and links that are sent to people, and tells good ones.
//
// Each serves one purpose, one person and, if it names one, one flow; it ends after its time, when it is used, when a later one is sent, and when what it
// was bound to has changed. Only keyed hashes are stored. An attempt at a code is counted before it is judged. What a code opens is decided by the
// feature that had it sent.
package onetime
