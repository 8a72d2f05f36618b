package session

import (
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Distrust shows a session, to those who read it in this request, as one that was proved long ago: somebody else may use it, so whatever wants a fresh proof asks for
// one. The stored row stays as it is.
func Distrust(s *storage.Session) { s.AuthTime = time.Unix(0, 0) }

// Distrusted reports whether Distrust was called on it. What a distrusted session would write down is not its to write.
func Distrusted(s *storage.Session) bool { return s.AuthTime.Unix() <= 0 }
