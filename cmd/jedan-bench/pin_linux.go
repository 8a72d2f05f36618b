package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Cores: the servers' and the load generator's.
const (
	serverCore = 0
	loadCore   = 1
)

// pinSelf moves every thread of this process to the load generator's core.
func pinSelf() error {
	if runtime.NumCPU() < 2 {
		return fmt.Errorf("two cores are needed, there is %d", runtime.NumCPU())
	}
	runtime.GOMAXPROCS(1)
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range tasks {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := unix.SchedSetaffinity(id, cpus(loadCore)); err != nil && err != unix.ESRCH { //nolint:errorlint // an errno
			return err
		}
	}
	return nil
}

func cpus(n int) *unix.CPUSet {
	var s unix.CPUSet
	s.Set(n)
	return &s
}

// startPinned starts a command on the servers' core: a child inherits the thread it was forked from.
func startPinned(c *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.SchedSetaffinity(0, cpus(serverCore)); err != nil {
		return err
	}
	started := c.Start()
	if err := unix.SchedSetaffinity(0, cpus(loadCore)); err != nil {
		return err
	}
	return started
}

// startFree starts a command on every core.
func startFree(c *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all unix.CPUSet
	for n := range runtime.NumCPU() {
		all.Set(n)
	}
	if err := unix.SchedSetaffinity(0, &all); err != nil {
		return err
	}
	started := c.Start()
	if err := unix.SchedSetaffinity(0, cpus(loadCore)); err != nil {
		return err
	}
	return started
}

// cpuTime is what this process has used so far, user and system.
func cpuTime() (time.Duration, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
