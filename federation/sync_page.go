package federation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// content is what a row keeps of an entry.
type content struct {
	Key        string            `json:"key"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

func entryAt(e *storage.DirectoryEntry) seal.Location {
	return seal.Location{Table: "directory_entries", Column: "content", Tenant: e.Tenant, Row: e.ID}
}

func (s *Syncs) keyIn(e *storage.DirectoryEntry) (string, error) {
	if e.Content.IsZero() {
		return "", nil
	}
	plain, err := s.Ring.Open(entryAt(e), e.Content)
	if err != nil {
		return "", err
	}
	var c content
	return c.Key, json.Unmarshal(plain, &c)
}

// page compares a page with what is here. A full run begins a generation with its first page.
func (x *syncRun) page(ctx context.Context, p SyncPage) error {
	if x.gen == 0 {
		if x.gen = x.row.Generation + 1; p.Full {
			x.row.Generation = x.gen
		}
	}
	x.out.Full = x.out.Full || p.Full
	x.out.Listed += len(p.Entries)
	if err := x.keep(ctx); err != nil {
		return err
	}
	marks := make([][]byte, len(p.Entries))
	for i := range p.Entries {
		marks[i] = linkMark(x.Ring, x.Tenant, x.from.Row.ID, p.Entries[i].Key)
	}
	rows, err := x.Store.DirectoryEntries(ctx, x.Tenant, x.from.Row.ID, marks)
	if err != nil {
		return err
	}
	here := make(map[string]*storage.DirectoryEntry, len(rows))
	for i := range rows {
		here[string(rows[i].Key)] = &rows[i]
	}
	next := storage.DirectoryPage{}
	for i := range p.Entries {
		if err := x.compare(&next, here, marks[i], &p.Entries[i], p.Full); err != nil {
			return err
		}
	}
	for _, key := range p.Gone {
		next.Gone = append(next.Gone, linkMark(x.Ring, x.Tenant, x.from.Row.ID, key))
	}
	return x.put(ctx, next)
}

func (x *syncRun) compare(next *storage.DirectoryPage, here map[string]*storage.DirectoryEntry, mark []byte, e *SyncEntry, full bool) error {
	plain, err := json.Marshal(content{Key: e.Key, Attributes: e.Attributes})
	if err != nil {
		return err
	}
	digest := x.digest(plain, e)
	was := here[string(mark)]
	switch {
	case was == nil:
		row := storage.DirectoryEntry{
			Tenant: x.Tenant, Connector: x.from.Row.ID, Key: mark, ID: storage.NewID(x.began), Digest: digest, Off: e.Off, Done: e.Off == "", WasOn: e.Off == "",
			ChangesAt: timeOrNil(e.ChangesAt), Generation: x.gen, UpdatedAt: x.Now(),
		}
		row.Content = x.Ring.Seal(entryAt(&row), plain)
		next.New = append(next.New, row)
		here[string(mark)] = &row // a page may have somebody twice
		x.out.New++
	case !bytes.Equal(was.Digest, digest) || was.Off != e.Off:
		if !bytes.Equal(belongs(was.Digest), belongs(digest)) {
			if err := x.unread(); err != nil {
				return err
			}
		}
		row := *was
		row.Content, row.Digest, row.ChangesAt = x.Ring.Seal(entryAt(was), plain), digest, timeOrNil(e.ChangesAt)
		row.Done = was.Done && was.Off == e.Off
		row.Off = e.Off
		next.Changed = append(next.Changed, row)
		x.out.Changed++
	case full:
		next.Seen = append(next.Seen, mark)
	}
	return nil
}

// digest tells whether an entry is as it was, without keeping what it says in the open.
func (x *syncRun) digest(plain []byte, e *SyncEntry) []byte {
	var at [8]byte
	if !e.ChangesAt.IsZero() {
		binary.BigEndian.PutUint64(at[:], uint64(e.ChangesAt.Unix())) //nolint:gosec // compared, never read
	}
	all := x.Ring.FirstMAC(keys.Flows, []byte("federation directory"), x.Tenant[:], []byte(e.Off), at[:], plain)
	if e.Belongs == "" {
		return all
	}
	own := x.Ring.FirstMAC(keys.Flows, []byte("federation directory groups"), x.Tenant[:], []byte(e.Belongs))
	return append(slices.Clip(all), own[:belongsSize]...)
}

// belongsSize is how much of a digest says what of the entry bears on its groups, at its end.
const belongsSize = 8

// belongs is that part; empty where there is none.
func belongs(digest []byte) []byte {
	return digest[min(len(digest), sha256.Size):]
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (x *syncRun) put(ctx context.Context, p storage.DirectoryPage) error {
	if len(p.New)+len(p.Changed)+len(p.Seen)+len(p.Gone) == 0 {
		return nil
	}
	p.Tenant, p.Connector, p.Generation, p.Now = x.Tenant, x.from.Row.ID, x.gen, x.Now()
	return x.Store.PutDirectoryPage(ctx, p)
}
