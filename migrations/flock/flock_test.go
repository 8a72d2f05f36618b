package flock_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/jedan-auth/jedan-auth/migrations/flock"
)

func TestOneHolderAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	first, err := flock.Try(path, "process 7 on here, a note longer than the next one")
	if err != nil {
		t.Fatal(err)
	}
	_, err = flock.Try(path, "second")
	held, ok := errors.AsType[*flock.HeldError](err)
	if !ok || held.Note != "process 7 on here, a note longer than the next one" || held.Path != path {
		t.Fatalf("got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := flock.Try(path, "second")
	if err != nil {
		t.Fatal(err)
	}
	_, err = flock.Try(path, "")
	if held, ok := errors.AsType[*flock.HeldError](err); !ok || held.Note != "second" {
		t.Fatalf("the note is not the holder's: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	first, err := flock.Wait(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := flock.Wait(ctx, path); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestAFolderThatIsNotThere(t *testing.T) {
	if _, err := flock.Try(filepath.Join(t.TempDir(), "none", "x.lock"), ""); err == nil {
		t.Fatal("no error")
	}
}
