//go:build race

package drills

// detectorShare is how much more memory a server of this drill may use, which is this program: the race detector keeps a shadow of what is used (five to
// ten times as much, says its documentation; argon2's memory is not watched here).
const detectorShare = 2
