package drills

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// TestKillByCopy copies database and log, without the shared memory, at a random moment under load, and serves the copy: what a machine is left with
// that lost its power. Every answer that was received by then must hold there.
//
// The server is stopped (SIGSTOP) while it is copied. Copied one after the other from under a running server the two files would be of different
// moments: a checkpoint between them moves pages into a database that was copied already and starts the log anew, which no crash can do. A system
// call that is running when the signal comes is finished first, and a write of several is cut between any two. To that the drill adds what only a
// power cut does: the copy's log ends in the torn frames of one more commit. All that is behind the last commit was not synced and may be anything.
func TestKillByCopy(t *testing.T) {
	set := readSettings(t)
	rnd := set.choices(5)
	c := newCluster(t, onSQLite, patientTokens()...).boot(1)
	l, hash := newLedger(), cheapHash(t)
	torn, begun := 0, time.Now()
	for round := range set.kills {
		from := l.marks()
		ld := startLoad(c, l, hash, killWorkers, rnd)
		ld.await(l.count() + 1 + rnd.IntN(100))
		<-time.After(time.Duration(rnd.IntN(5000)) * time.Microsecond)
		image, then := c.photograph(l, strconv.Itoa(round))
		ld.rest()
		torn += image.tearLog(rnd)
		image.boot(1).inspect(then, image.nodes[0], from, from, recheck, rnd)
		if t.Failed() {
			t.Fatal(image.nodes[0].log())
		}
		image.nodes[0].current().kill()
		if err := os.RemoveAll(filepath.Dir(image.data)); err != nil {
			t.Fatal(err)
		}
	}
	set.report(t, run{drill: "copy", database: onSQLite, begun: begun, size: fmt.Sprintf("%d copies", set.kills), figures: fmt.Sprintf("%d answers, %d bytes of torn frames", l.answers, torn)})
}

// photograph copies the stopped server's files and the ledger of that moment.
func (c *cluster) photograph(l *ledger, name string) (*cluster, *ledger) {
	c.t.Helper()
	image := &cluster{t: c.t, kind: c.kind, data: filepath.Join(filepath.Dir(c.data), name, "data"), extra: c.extra}
	if err := os.MkdirAll(image.data, 0o700); err != nil {
		c.t.Fatal(err)
	}
	p := c.nodes[0].current()
	p.pause(c.t)
	for _, file := range []string{"master.key", "jedan-auth.db", "jedan-auth.db-wal"} {
		copyFile(c.t, filepath.Join(c.data, file), filepath.Join(image.data, file))
	}
	then := l.snapshot() // whatever was answered by now was answered before the stop
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		c.t.Fatal(err)
	}
	return image, then
}

// pause returns when the process is stopped.
func (p *process) pause(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(p.cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("the server did not stop: %v %v", err, status)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close() //nolint:errcheck // it is only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// tearLog adds torn frames to the image's log and says how many bytes.
func (c *cluster) tearLog(rnd *rand.Rand) int {
	c.t.Helper()
	path := filepath.Join(c.data, "jedan-auth.db-wal")
	w, err := readWAL(path)
	if err != nil {
		c.t.Fatal(err)
	}
	n, err := w.tear(path, rnd)
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}
