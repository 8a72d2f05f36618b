package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// Files returns the SQL files of one dialect, named NNNNN_name.sql.
func Files(d Dialect) (fs.FS, error) { return fs.Sub(files, string(d)) }
