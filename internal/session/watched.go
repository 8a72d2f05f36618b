package session

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// kindWatched is what the watched cookie's HMAC is for. Its value has the form of the others, without a body: it tells one session from another and says
// nothing of either.
const kindWatched = "cookie watched"

func (m *Manager) watched(id storage.ID) string {
	version, mac := m.d.Ring.MAC(keys.Sessions, []byte(kindWatched), m.d.Tenant[:], id[:])
	b := binary.BigEndian.AppendUint16([]byte{formatCookie}, uint16(version)) //nolint:gosec // key versions are below 65536
	return base64.RawURLEncoding.EncodeToString(append(append(b, m.d.Tenant[:]...), mac...))
}

// Watched is the value of the browser's watched cookie, which is put right where it is not that of cur: set for a session that has none yet, removed
// when nobody is signed in. It is "" when nobody is, and when sessions are not watched.
func (m *Manager) Watched(ctx context.Context, w http.ResponseWriter, r *http.Request, cur *Current) string {
	if !m.c.Watched {
		return ""
	}
	value, sent := m.d.Cookies.Read(r, httpx.WatchedCookie)
	switch {
	case cur == nil && sent:
		m.d.Cookies.Remove(ctx, w, httpx.WatchedCookie)
		return ""
	case cur == nil:
		return ""
	case sent && m.watches(value, cur.Session.ID):
		return value
	}
	value = m.watched(cur.Session.ID)
	m.d.Cookies.Write(ctx, w, httpx.WatchedCookie, value, 0)
	return value
}

// watches reports whether a cookie is of this session, by whichever key it was made.
func (m *Manager) watches(value string, id storage.ID) bool {
	if len(value) > maxCookie || strings.ContainsAny(value, "\r\n") {
		return false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil || len(b) != headSize+macSize || b[0] != formatCookie || string(b[3:headSize]) != string(m.d.Tenant[:]) {
		return false
	}
	return m.d.Ring.VerifyMAC(keys.Sessions, int(binary.BigEndian.Uint16(b[1:3])), b[headSize:], []byte(kindWatched), m.d.Tenant[:], id[:])
}
