package app

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

const (
	// collectAt lets the heap grow to five times what lives before it is collected: a request leaves little behind, and collecting was a sixth of
	// the CPU time of a short one.
	collectAt = 400
	// softLimit is where the collector becomes eager again, in bytes: far above what the caches hold when they are full.
	softLimit = 1 << 30
)

// tuneMemory trades memory for CPU time, within what a container allows. GOGC and GOMEMLIMIT are the operator's and win.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(min(softLimit, containerShare("/sys/fs/cgroup/memory.max")))
	}
}

// containerShare is three quarters of the memory that a control group allows; everything if there is none.
func containerShare(file string) int64 {
	raw, err := os.ReadFile(file)
	if err != nil {
		return math.MaxInt64
	}
	most, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
	if err != nil || most <= 0 { // "max"
		return math.MaxInt64
	}
	return most / 4 * 3
}
