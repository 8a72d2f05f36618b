package gormdb_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/storage/gormdb"
	"github.com/jedan-auth/jedan-auth/storage/gormdb/gormtest"
)

const (
	crashRounds  = 20
	crashWriters = 8
)

// writeAsChild inserts grants, redeems and revokes some, and prints a line for each answer it got: the ledger. It goes on until it is killed.
func writeAsChild(dsn string) {
	db, err := gormdb.Open(context.Background(), gormdb.Config{DSN: dsn})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	var mu sync.Mutex
	say := func(what string, id storage.ID) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = os.Stdout.WriteString(what + " " + id.String() + "\n") // one write a line: a line is whole or absent
	}
	var wg sync.WaitGroup
	for range crashWriters {
		wg.Go(func() {
			for {
				if err := writeOnce(db, say); err != nil {
					fmt.Println("error", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func writeOnce(db *gormdb.DB, say func(string, storage.ID)) error {
	ctx, now := context.Background(), time.Now()
	g := &storage.Grant{
		Tenant: storage.ID{1}, ID: storage.NewID(now), Client: storage.ID{2}, Person: storage.ID{3}, Code: storage.CodeIssued,
		CodeExpires: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour), CreatedAt: now,
	}
	g.Origin = g.ID.String()
	if _, _, err := db.InsertGrant(ctx, g, event(g.ID, "grant.create")); err != nil {
		return err
	}
	say("inserted", g.ID)
	ok, err := db.RedeemCode(ctx, storage.RedeemCode{Tenant: g.Tenant, Grant: g.ID, Client: g.Client, Now: now}, event(g.ID, "grant.redeem"))
	if err != nil || !ok {
		return fmt.Errorf("redeem: %t %w", ok, err)
	}
	say("redeemed", g.ID)
	ok, err = db.RevokeGrant(ctx, storage.RevokeGrant{Tenant: g.Tenant, Grant: g.ID, Now: now, Reason: "x"}, event(g.ID, "grant.revoke"))
	if err != nil || !ok {
		return fmt.Errorf("revoke: %t %w", ok, err)
	}
	say("revoked", g.ID)
	return nil
}

// event's target is its kind and the grant, so that each can be found.
func event(grant storage.ID, kind string) *storage.AuditEvent {
	now := time.Now()
	return &storage.AuditEvent{Tenant: storage.ID{1}, ID: storage.NewID(now), Time: now, Type: kind, Target: kind + ":" + grant.String()}
}

// TestKilledWhileWriting kills a writing process at random moments. What it was answered must be there afterwards, with its events, and so in
// a copy of database and log that was taken while it was stopped in the middle of whatever it did.
func TestKilledWhileWriting(t *testing.T) {
	db := gormtest.SQLite(t, gormdb.Config{})
	total := 0
	for round := range crashRounds {
		copied := filepath.Join(t.TempDir(), "copy.db")
		ledger := writeAndKill(t, db.Path(), copied, 1+rand.IntN(120)) //nolint:gosec // where to kill is no secret
		total += len(ledger)
		checkLedger(t, fmt.Sprint("round ", round), db, ledger)
		checkLedger(t, fmt.Sprint("copy of round ", round), second(t, "sqlite:"+copied), ledger)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d answers over %d kills", total, crashRounds)
}

// writeAndKill stops the child after so many answers, copies its files, kills it and returns all it was answered.
func writeAndKill(t *testing.T, path, copied string, answers int) []string {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=write sqlite:"+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var ledger []string
	for len(ledger) < answers && lines.Scan() {
		ledger = append(ledger, lines.Text())
	}
	signal(t, child, syscall.SIGSTOP)
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(child.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatal("the child did not stop: ", err, status)
	}
	copyFile(t, path, copied)
	copyFile(t, path+"-wal", copied+"-wal")
	signal(t, child, syscall.SIGKILL)
	for lines.Scan() { // answered before it was stopped
		ledger = append(ledger, lines.Text())
	}
	_ = child.Wait()
	return ledger
}

func signal(t *testing.T, child *exec.Cmd, s syscall.Signal) {
	t.Helper()
	if err := child.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
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

func checkLedger(t *testing.T, where string, db *gormdb.DB, ledger []string) {
	t.Helper()
	ctx := context.Background()
	var verdict string
	if err := db.SQL().QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("%s: integrity: %s %v", where, verdict, err)
	}
	for _, line := range ledger {
		what, text, _ := strings.Cut(line, " ")
		id, err := storage.ParseID(text)
		if err != nil {
			t.Errorf("%s: the child says %q", where, line)
			continue
		}
		g, err := db.GrantByID(ctx, storage.ID{1}, id)
		if err != nil {
			t.Errorf("%s: %s: %v", where, line, err)
			continue
		}
		kind := map[string]string{"inserted": "grant.create", "redeemed": "grant.redeem", "revoked": "grant.revoke"}[what]
		evs, err := db.AuditEvents(ctx, storage.ID{1}, storage.AuditFilter{Target: kind + ":" + text})
		kept := what == "inserted" || what == "redeemed" && g.Code == storage.CodeRedeemed || what == "revoked" && g.RevokedAt != nil
		if err != nil || len(evs) != 1 || !kept {
			t.Errorf("%s: %s was answered, but the row says code %d, revoked %v, and there are %d events (%v)", where, line, g.Code, g.RevokedAt, len(evs), err)
		}
	}
}
