package gormdb

import (
	"testing"
	"time"
)

// After a call that had no answer those of the same request do not wait as long again; one that is answered ends that, and so does time.
func TestPatience(t *testing.T) {
	s := newSilence()
	if got := s.patience(); got != answerWithin {
		t.Errorf("at first %v", got)
	}
	s.begins()
	if got := s.patience(); got != answerSoon {
		t.Errorf("after silence %v", got)
	}
	s.ends()
	if got := s.patience(); got != answerWithin {
		t.Errorf("after an answer %v", got)
	}
	s.at.Store(int64(time.Since(s.began) - remembered))
	if got := s.patience(); got != answerWithin {
		t.Errorf("a silence of before is remembered: %v", got)
	}
}
