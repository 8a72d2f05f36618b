//go:build race

package drills

// detectorShare is the factor by which a server of a drill, which is this program, may use more memory: the race detector keeps a shadow of what is used. What
// is promised is asserted without the detector, where the drill runs as well (make test).
const detectorShare = 2
