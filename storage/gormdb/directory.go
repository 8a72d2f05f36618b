package gormdb

import (
	"context"
	"reflect"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/jedan-auth/jedan-auth/storage"
)

var _ storage.Directories = (*DB)(nil)

// keysAtOnce bounds the values of one statement: databases do.
const keysAtOnce = 500

// DirectoryEntries implements storage.Directories.
func (d *DB) DirectoryEntries(ctx context.Context, tenant, connector storage.ID, keys [][]byte) ([]storage.DirectoryEntry, error) {
	var out []storage.DirectoryEntry
	for some := range slices.Chunk(keys, keysAtOnce) {
		rows, err := list[storage.DirectoryEntry](ctx, d, func(g *gorm.DB) *gorm.DB {
			return g.Where("tenant = ? AND connector = ? AND key IN ?", tenant, connector, some)
		})
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

var (
	changeEntry = both("UPDATE directory_entries SET content = ?, digest = ?, off = ?, done = ?, changes_at = ?, generation = ?, updated_at = ? " +
		"WHERE tenant = ? AND connector = ? AND key = ?")
	goneEntry = both("UPDATE directory_entries SET off = 'gone', done = FALSE, digest = '', changes_at = NULL, updated_at = ? " +
		"WHERE tenant = ? AND connector = ? AND key = ? AND off <> 'gone'")
	unseen = both("UPDATE directory_entries SET off = 'gone', done = FALSE, digest = '', changes_at = NULL, updated_at = ? " +
		"WHERE tenant = ? AND connector = ? AND generation < ? AND off <> 'gone'")
	turnEntries = both("UPDATE directory_entries SET off = CASE WHEN off = '' THEN 'expired' ELSE '' END, done = FALSE, changes_at = NULL, updated_at = ? " +
		"WHERE tenant = ? AND connector = ? AND changes_at <= ? AND off <> 'gone'")
	settle = both("UPDATE directory_entries SET done = (off = '' OR updated_at < ?), was_on = (off = '') WHERE tenant = ? AND connector = ? AND NOT done " +
		"AND NOT EXISTS (SELECT 1 FROM links WHERE links.tenant = directory_entries.tenant AND links.connector = directory_entries.connector AND links.key = directory_entries.key)")
	finishEntry = both("UPDATE directory_entries SET done = TRUE, was_on = (off = ''), locked = ? WHERE tenant = ? AND connector = ? AND key = ? AND off = ?")
)

// PutDirectoryPage implements storage.Directories.
func (d *DB) PutDirectoryPage(ctx context.Context, p storage.DirectoryPage) error {
	return d.writeLong(ctx, func(ctx context.Context, t *tx) error {
		for i := range p.New {
			if _, err := t.add(ctx, d.tables.of[reflect.TypeFor[storage.DirectoryEntry]()], &p.New[i]); err != nil {
				return err
			}
		}
		for i := range p.Changed {
			e := &p.Changed[i]
			if _, err := t.exec(ctx, changeEntry, e.Content, e.Digest, e.Off, e.Done, e.ChangesAt, p.Generation, p.Now, p.Tenant, p.Connector, e.Key); err != nil {
				return err
			}
		}
		for _, key := range p.Gone {
			if _, err := t.exec(ctx, goneEntry, p.Now, p.Tenant, p.Connector, key); err != nil {
				return err
			}
		}
		for some := range slices.Chunk(p.Seen, keysAtOnce) {
			err := t.orm(ctx).Model(&storage.DirectoryEntry{}).Where("tenant = ? AND connector = ? AND key IN ?", p.Tenant, p.Connector, some).
				UpdateColumn("generation", p.Generation).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// EndUnseen implements storage.Directories.
func (d *DB) EndUnseen(ctx context.Context, tenant, connector storage.ID, generation int64, now time.Time) error {
	return d.writeLong(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, unseen, now, tenant, connector, generation)
		return err
	})
}

// TurnDirectoryEntries implements storage.Directories.
func (d *DB) TurnDirectoryEntries(ctx context.Context, tenant, connector storage.ID, now time.Time) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, turnEntries, now, tenant, connector, now)
		return err
	})
}

// CountDirectory implements storage.Directories.
func (d *DB) CountDirectory(ctx context.Context, tenant, connector storage.ID) (c storage.DirectoryCount, err error) {
	err = d.read(ctx, func(g *gorm.DB) error {
		all := func() *gorm.DB {
			return g.Model(&storage.DirectoryEntry{}).Where("tenant = ? AND connector = ? AND was_on", tenant, connector)
		}
		if err := all().Where("NOT done AND off IN ('disabled', 'expired', 'gone')").Count(&c.Ending).Error; err != nil || c.Ending == 0 {
			return err // the other count looks at every row
		}
		return all().Count(&c.On).Error
	})
	return c, err
}

// SettleDirectory implements storage.Directories.
func (d *DB) SettleDirectory(ctx context.Context, tenant, connector storage.ID, before time.Time) error {
	return d.writeLong(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, settle, before, tenant, connector)
		return err
	})
}

// linkedEntries joins entries with their links.
const linkedEntries = "JOIN links ON links.tenant = directory_entries.tenant AND links.connector = directory_entries.connector AND links.key = directory_entries.key"

// DirectoryChanges implements storage.Directories.
func (d *DB) DirectoryChanges(ctx context.Context, tenant, connector storage.ID, limit int) ([]storage.DirectoryChange, error) {
	return list[storage.DirectoryChange](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Table("directory_entries").Select("directory_entries.key, directory_entries.off, directory_entries.locked, links.person, links.id AS link").
			Joins(linkedEntries).Where("directory_entries.tenant = ? AND directory_entries.connector = ? AND NOT directory_entries.done", tenant, connector).
			Order("directory_entries.key").Limit(listLimit(limit))
	})
}

// FinishDirectoryChange implements storage.Directories.
func (d *DB) FinishDirectoryChange(ctx context.Context, tenant, connector storage.ID, c storage.DirectoryChange, locked bool) error {
	return d.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, finishEntry, locked, tenant, connector, c.Key, c.Off)
		return err
	})
}

// LinkedEntries implements storage.Directories.
func (d *DB) LinkedEntries(ctx context.Context, tenant, connector storage.ID, after []byte, limit int) ([]storage.DirectoryEntry, error) {
	if after == nil {
		after = []byte{}
	}
	return list[storage.DirectoryEntry](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Select("directory_entries.*").Joins(linkedEntries).
			Where("directory_entries.tenant = ? AND directory_entries.connector = ? AND directory_entries.off <> 'gone' AND directory_entries.key > ?", tenant, connector, after).
			Order("directory_entries.key").Limit(listLimit(limit))
	})
}

// LinkedPeople implements storage.Directories.
func (d *DB) LinkedPeople(ctx context.Context, tenant, connector storage.ID, after []byte, limit int) ([]storage.LinkedPerson, error) {
	if after == nil {
		after = []byte{}
	}
	return list[storage.LinkedPerson](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Table("directory_entries").Select("directory_entries.key, directory_entries.id, directory_entries.content, links.person").Joins(linkedEntries).
			Where("directory_entries.tenant = ? AND directory_entries.connector = ? AND directory_entries.off = '' AND directory_entries.key > ?", tenant, connector, after).
			Order("directory_entries.key").Limit(listLimit(limit))
	})
}

// MembershipsAmong implements storage.Directories.
func (d *DB) MembershipsAmong(ctx context.Context, tenant storage.ID, people, groups []storage.ID) ([]storage.GroupPerson, error) {
	var out []storage.GroupPerson
	for some := range slices.Chunk(people, keysAtOnce) {
		rows, err := list[storage.GroupPerson](ctx, d, func(g *gorm.DB) *gorm.DB {
			return g.Where("tenant = ? AND person IN ? AND group_id IN ?", tenant, some, groups).Order("person, group_id")
		})
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// UnlistedLinks implements storage.Directories.
func (d *DB) UnlistedLinks(ctx context.Context, tenant, connector storage.ID, usedBefore time.Time, limit int) ([]storage.Link, error) {
	return list[storage.Link](ctx, d, func(g *gorm.DB) *gorm.DB {
		return g.Where("tenant = ? AND connector = ? AND used_at < ?", tenant, connector, usedBefore).
			Where("NOT EXISTS (SELECT 1 FROM directory_entries e WHERE e.tenant = links.tenant AND e.connector = links.connector AND e.key = links.key)").
			Order("id").Limit(listLimit(limit))
	})
}

// DeleteGoneDirectoryEntries implements storage.Directories.
func (d *DB) DeleteGoneDirectoryEntries(ctx context.Context, before time.Time, limit int) (int64, error) {
	return d.sweep(ctx, sweepTable{name: "directory_entries", key: "id", column: "updated_at", where: "off = 'gone' AND done"}, before, limit)
}
