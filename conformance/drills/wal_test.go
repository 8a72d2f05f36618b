package drills

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
)

// The write-ahead log's format: https://www.sqlite.org/fileformat2.html#walformat.
const (
	walHeader   = 32
	frameHeader = 24
)

// wal is a log with its place of the last commit.
type wal struct {
	bytes []byte
	page  int
	order binary.ByteOrder // of checksums
	end   int              // of the last frame that commits
}

// readWAL goes through the frames as recovery does: as long as salts and the running checksum are right.
func readWAL(path string) (*wal, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(b) < walHeader {
		return nil, errors.New("the log has no header")
	}
	w := &wal{bytes: b, page: int(binary.BigEndian.Uint32(b[8:])), order: binary.LittleEndian, end: walHeader}
	if binary.BigEndian.Uint32(b)&1 == 1 {
		w.order = binary.BigEndian
	}
	var sum [2]uint32
	w.add(&sum, b[:24])
	for at := walHeader; at+w.frame() <= len(b); at += w.frame() {
		f := b[at : at+w.frame()]
		w.add(&sum, f[:8])
		w.add(&sum, f[frameHeader:])
		if string(f[8:16]) != string(b[16:24]) || sum[0] != binary.BigEndian.Uint32(f[16:]) || sum[1] != binary.BigEndian.Uint32(f[20:]) {
			break
		}
		if binary.BigEndian.Uint32(f[4:]) != 0 {
			w.end = at + w.frame()
		}
	}
	return w, nil
}

func (w *wal) frame() int { return frameHeader + w.page }

func (w *wal) add(sum *[2]uint32, b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		sum[0] += w.order.Uint32(b) + sum[1]
		sum[1] += w.order.Uint32(b[4:]) + sum[0]
	}
}

// tear writes what a power cut in the middle of the next commit leaves behind the last one: some of its frames, of which the last is cut or holds
// something else. It says how many bytes.
func (w *wal) tear(path string, rnd *rand.Rand) (int, error) {
	if w.end == walHeader { // no commit to imitate
		return 0, nil
	}
	torn := append([]byte(nil), w.bytes[w.end-w.frame():w.end]...) // with the right salts, and a checksum that is wrong in this place
	for range rnd.IntN(3) {
		torn = append(torn, torn[:w.frame()]...)
	}
	torn = torn[:1+rnd.IntN(len(torn))]
	for i := range torn[rnd.IntN(len(torn)):] {
		if rnd.IntN(2) == 0 {
			torn[len(torn)-1-i] = byte(rnd.Uint32())
		}
	}
	out := append(append([]byte(nil), w.bytes[:w.end]...), torn...)
	if rnd.IntN(2) == 0 && len(out) < len(w.bytes) { // what an earlier turn of the log left there
		out = append(out, w.bytes[len(out):]...)
	}
	return len(torn), os.WriteFile(path, out, 0o600)
}
