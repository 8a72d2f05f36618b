//go:build !linux

package app

import "runtime/debug"

// trim gives heap that only the start needed back to the system.
func trim() error {
	debug.FreeOSMemory()
	return nil
}
