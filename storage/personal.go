package storage

import "context"

// PersonalTable says where a table keeps something of a person. Its parts are written in the program, never sent.
type PersonalTable struct {
	Name string
	// Where matches the person's rows of a tenant, such as "person = {person}". {tenant} and {person} stand for ids, {actor} and {target} for the texts
	// by which audit events name the person.
	Where string
	// Key is a column of ids that is unique within a tenant, by which long tables are read in parts; empty: the person's rows are few.
	Key string
}

// PersonalRow is a row as it is stored, by column. Sealed columns are still sealed.
type PersonalRow map[string]any

// Personal reads and removes what is kept of one person, whatever the table.
type Personal interface {
	// PersonalRows lists rows in the order of the key, after the given one, at most limit; a table without a key all at once.
	PersonalRows(ctx context.Context, t PersonalTable, tenant, person, after ID, limit int) ([]PersonalRow, error)
	// ErasePersonal removes the rows, in the transaction of ctx.
	ErasePersonal(ctx context.Context, t PersonalTable, tenant, person ID) (int64, error)
}

// Eraser runs what must leave nothing behind.
type Eraser interface {
	// Erasing is InTx for transactions that remove somebody: what they delete is overwritten in the database's files as far as the database can.
	Erasing(ctx context.Context, fn func(ctx context.Context) error) error
	// LastAdmin reports whether the person is the only administrator who may sign in. Within a transaction it stays so until the commit.
	LastAdmin(ctx context.Context, tenant, person ID) (bool, error)
}
