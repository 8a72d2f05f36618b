package app

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/storage"
)

// exportFormat names the document's shape: one member a table, rows with their columns.
const exportFormat = "jedan-auth-person/1"

// exportBatch is how many rows are read at a time: nobody's slow download holds a transaction open.
const exportBatch = 200

// ExportPerson writes everything that is kept of a person as one JSON object: a member for each table, in it the rows by column, sealed ones opened.
// What opens something (hashes of passwords and tokens) is left out. The last member, complete, is true: a document without it was cut off.
// The download is on record before its first byte.
func (a *App) ExportPerson(ctx context.Context, w io.Writer, id storage.ID, actor directory.Actor) error {
	ev := a.Audit.Row(ctx, a.Tenant, audit.Event{
		Type: audit.UserExport, Severity: audit.Notice, ActorKind: actor.Kind, Actor: actor.ID, Target: "person:" + id.String(),
	})
	if err := a.DB.AppendAudit(ctx, ev); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	head, err := json.Marshal(map[string]any{"format": exportFormat, "issuer": a.Config.Issuer, "exported_at": a.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	_, _ = out.Write(head[:len(head)-1]) //nolint:errcheck // a failed write fails Flush
	for _, t := range slices.Backward(personalTables()) {
		if err := a.exportTable(ctx, out, t, id); err != nil {
			return fmt.Errorf("export %s: %w", t.Name, err)
		}
	}
	if err := a.exportAllowed(ctx, out, id); err != nil {
		return err
	}
	_, _ = out.WriteString(",\n\"complete\":true}\n") //nolint:errcheck // as above
	return out.Flush()
}

func (a *App) exportTable(ctx context.Context, out *bufio.Writer, t personalTable, person storage.ID) error {
	_, _ = fmt.Fprintf(out, ",\n%q:[", t.Name) //nolint:errcheck // as above
	var after storage.ID
	for first := true; ; {
		rows, err := a.DB.PersonalRows(ctx, t.PersonalTable, a.Tenant, person, after, exportBatch)
		if err != nil {
			return err
		}
		for _, row := range rows {
			raw, err := json.Marshal(a.readable(t, row))
			if err != nil {
				return err
			}
			if !first {
				_ = out.WriteByte(',') //nolint:errcheck // as above
			}
			_ = out.WriteByte('\n') //nolint:errcheck // as above
			_, _ = out.Write(raw)   //nolint:errcheck // as above
			first = false
		}
		if t.Key == "" || len(rows) < exportBatch {
			_, err := out.WriteString("]")
			return err
		}
		after = idOf(rows[len(rows)-1][t.Key])
	}
}

// readable turns a stored row into what JSON says: ids and times as text, JSON columns as what they hold, sealed ones opened.
func (a *App) readable(t personalTable, row storage.PersonalRow) map[string]any {
	out := map[string]any{}
	for name, value := range row {
		if slices.Contains(t.secrets, name) || name == "tenant" || value == nil {
			continue
		}
		out[name] = a.readableValue(t.Name, name, row, value)
	}
	return out
}

func (a *App) readableValue(table, column string, row storage.PersonalRow, value any) any {
	switch v := value.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case string:
		return structured([]byte(v), v)
	case []byte:
		var sealed seal.Text
		if sealed.Scan(v) == nil {
			id := row["id"]
			if id == nil { // one row a person
				id = row["person"]
			}
			at := seal.Location{Table: table, Column: column, Tenant: a.Tenant, Row: idOf(id)}
			if plain, err := a.Ring.Open(at, sealed); err == nil {
				return structured(plain, string(plain))
			}
		}
		if len(v) == len(storage.ID{}) {
			return storage.ID(v).String()
		}
		return base64.RawURLEncoding.EncodeToString(v)
	}
	return value
}

// structured is a JSON object or array as such, any other text as it is.
func structured(raw []byte, text string) any {
	if len(raw) > 1 && (raw[0] == '{' || raw[0] == '[') && json.Valid(raw) {
		return json.RawMessage(raw)
	}
	return text
}

func idOf(value any) (id storage.ID) {
	if raw, ok := value.([]byte); ok {
		copy(id[:], raw)
	}
	return id
}
