package session

import (
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

func TestDistrust(t *testing.T) {
	s := &storage.Session{AuthTime: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)}
	if Distrusted(s) {
		t.Error("a session that was proved is not trusted")
	}
	if Distrust(s); !Distrusted(s) {
		t.Error("it is trusted still")
	}
}
