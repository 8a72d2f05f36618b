// Package verdict is what a table of checks says about one request: for every
// row its name, what it expected, what it received and whether that was enough.
//
// It owns the shape and the one log record of a refusal, found again by the
// error id that the person sees. It decides nothing: the tables live with the
// features. Received is redacted where it is made: kinds, sizes and names of
// states, never a value that somebody sent.
package verdict
