package flock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	retryEvery = 20 * time.Millisecond
	noteLimit  = 256
)

// Lock is a held lock. Close gives it up.
type Lock struct{ f *os.File }

// Close gives the lock up. The file stays: removing it would let two holders lock two files of one name.
func (l *Lock) Close() error { return l.f.Close() }

// HeldError says that somebody else holds the lock.
type HeldError struct {
	Path string
	Note string // what the holder wrote about itself; may be empty
}

// Error names the file and the holder.
func (e *HeldError) Error() string {
	if e.Note == "" {
		return e.Path + " is locked by another process"
	}
	return e.Path + " is locked by " + e.Note
}

// Try takes the lock on path at once, or returns a *HeldError. The note is written into the file for whoever is refused.
func Try(path, note string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("flock: %w", err)
	}
	if err := lockFile(f); err != nil {
		held := readNote(f)
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &HeldError{Path: path, Note: held}
		}
		return nil, fmt.Errorf("flock: %s: %w", path, err)
	}
	if err := writeNote(f, note); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("flock: %w", err)
	}
	return &Lock{f: f}, nil
}

// Wait takes the lock on path, trying again until ctx ends.
func Wait(ctx context.Context, path string) (*Lock, error) {
	tick := time.NewTicker(retryEvery)
	defer tick.Stop()
	for {
		l, err := Try(path, "")
		var held *HeldError
		if !errors.As(err, &held) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("flock: waiting for %s: %w", path, ctx.Err())
		case <-tick.C:
		}
	}
}

// lockFile asks again after a signal interrupted the call.
func lockFile(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func readNote(f *os.File) string {
	b := make([]byte, noteLimit)
	n, _ := f.ReadAt(b, 0) // a short read is an end of file; no note is no harm
	return strings.TrimSpace(string(b[:n]))
}

func writeNote(f *os.File, note string) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(note), 0)
	return err
}
