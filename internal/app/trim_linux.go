package app

import (
	"bufio"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// trim gives back what only the start needed: heap to the system, and the mapped pages of our own executable that initialisation ran through once.
// They are clean and come back from the page cache when they are needed; until then they do not count against a small container.
func trim() error {
	debug.FreeOSMemory()
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer maps.Close() //nolint:errcheck // read only
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		if err := release(lines.Text(), exe); err != nil {
			return err
		}
	}
	return nil
}

// release lets go of one mapping if it is a read-only part of the executable: private copies of written pages must stay.
func release(line, exe string) error {
	var from, to uintptr
	var mode string
	if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasSuffix(line, " "+exe) || strings.Contains(mode, "w") {
		return nil //nolint:nilerr // a line of another form is not ours to release
	}
	_, _, errno := syscall.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED)
	if errno != 0 {
		return errno
	}
	return nil
}
