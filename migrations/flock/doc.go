// Package flock takes advisory locks on files. The operating system frees them when the process ends, however it ends.
//
// It owns the lock call and the note inside the file that says who holds it; what a lock means is its callers' business.
package flock
