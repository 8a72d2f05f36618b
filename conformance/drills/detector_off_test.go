//go:build !race

package drills

// detectorShare is the factor by which a server of a drill may use more memory under the race detector.
const detectorShare = 1
