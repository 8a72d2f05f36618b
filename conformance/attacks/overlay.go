package attacks

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// RowVariable is the environment variable that names the row that an overlaid program leaves out.
const RowVariable = "JEDAN_MUTANT_ROW"

// helper is added to each package that has a table.
const helper = "zz_mutant.go"

// Overlay returns the files that make one program into all mutants: each table is written so that it leaves out the row named by RowVariable. One
// build serves every row; the key is the file's name from the root.
func Overlay(root fs.FS) (map[string][]byte, error) {
	files, err := sources(root)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, s := range files {
		out[s.name] = s.switchable()
		out[path.Join(path.Dir(s.name), helper)] = fmt.Appendf(nil,
			"package %s\n\nimport \"os\"\n\nfunc jedanMutantKeeps(row string) bool { return os.Getenv(%q) != row }\n", s.pkg, RowVariable)
	}
	return out, nil
}

// switchable is the file with its tables rewritten, from the last to the first so that offsets hold.
func (s source) switchable() []byte {
	text := string(s.text)
	for i := len(s.tables) - 1; i >= 0; i-- {
		t := s.tables[i]
		text = text[:t.from] + t.switchable() + text[t.to:]
	}
	return []byte(text)
}

func (t table) switchable() string {
	var b strings.Builder
	fmt.Fprintf(&b, "func() (kept []%s) {\n", t.element)
	for _, r := range t.rows {
		fmt.Fprintf(&b, "if jedanMutantKeeps(%s) { kept = append(kept, %s%s) }\n", strconv.Quote(r.Name), t.element, r.literal)
	}
	b.WriteString("return kept\n}()")
	return b.String()
}
