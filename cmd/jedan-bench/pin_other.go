//go:build !linux

package main

import (
	"errors"
	"os/exec"
	"time"
)

var errLinux = errors.New("cores can be named on Linux only")

func pinSelf() error { return errLinux }

func startPinned(*exec.Cmd) error { return errLinux }

func startFree(*exec.Cmd) error { return errLinux }

func cpuTime() (time.Duration, error) { return 0, errLinux }
