//go:build !race

package drills

// detectorShare is how much more memory a server of a drill may use under the race detector.
const detectorShare = 1
