package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/storage"
)

// batch is how many rows are read at a time.
const batch = 500

// pageFlags bound a listing.
type pageFlags struct {
	limit int
	after string
}

func addPage(cmd *cobra.Command) *pageFlags {
	p := &pageFlags{}
	cmd.Flags().IntVar(&p.limit, "limit", 1000, "print at most so many")
	cmd.Flags().StringVar(&p.after, "after", "", "print those that come after this `id`")
	return p
}

// each reads rows in batches and hands them to visit, until limit of them were taken. It says when there may be more.
func each[T any](ctx context.Context, c *cli, p *pageFlags, fetch func(ctx context.Context, after storage.ID, limit int) ([]T, error),
	id func(*T) storage.ID, visit func(*T) (taken bool, err error),
) error {
	if p.limit < 1 {
		return usagef("--limit must be 1 or more")
	}
	after, err := parseAfter(p.after)
	if err != nil {
		return err
	}
	for n := 0; ; {
		rows, err := fetch(ctx, after, batch)
		if err != nil {
			return err
		}
		for i := range rows {
			if n == p.limit {
				c.note("There are more: --after %s", after)
				return nil
			}
			taken, err := visit(&rows[i])
			if err != nil {
				return err
			}
			if taken {
				n++
			}
			after = id(&rows[i])
		}
		if len(rows) < batch {
			return nil
		}
	}
}

func parseAfter(s string) (storage.ID, error) {
	if s == "" {
		return storage.ID{}, nil
	}
	id, err := storage.ParseID(s)
	if err != nil {
		return id, usagef("--after must be an id that a list printed")
	}
	return id, nil
}
