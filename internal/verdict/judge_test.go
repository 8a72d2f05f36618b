package verdict

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func TestJudge(t *testing.T) {
	broken := errors.New("the database is away")
	row := func(name, received string, err error) Row[*[]string] {
		return Row[*[]string]{Name: name, Check: func(_ context.Context, s *[]string) (string, string, error) {
			*s = append(*s, name)
			return "what " + name + " wants", received, err
		}}
	}
	for _, c := range []struct {
		rows          []Row[*[]string]
		refused, seen string
		err           error
	}{
		{[]Row[*[]string]{row("a", "", nil), row("b", "", nil)}, "", "a b then", nil},
		{[]Row[*[]string]{row("a", "", nil), row("b", "less", nil), row("c", "", nil)}, "b", "a b", nil},
		{[]Row[*[]string]{row("a", "", errs.New(errs.NotFound, "")), row("b", "", nil)}, "a", "a", nil},
		{[]Row[*[]string]{row("a", "less", broken), row("b", "", nil)}, "", "a", broken},
	} {
		var out bytes.Buffer
		var seen []string
		refused, err := Judge(t.Context(), slog.New(slog.NewJSONHandler(&out, nil)), "a link", "e-1", &seen, c.rows, []Row[*[]string]{row("then", "", nil)})
		if !errors.Is(err, c.err) || (refused == nil) != (c.refused == "") || refused != nil && refused.Name != c.refused || strings.Join(seen, " ") != c.seen {
			t.Errorf("%s: %v %v %v", c.seen, refused, err, seen)
		}
		if logged := strings.Contains(out.String(), `"check":"`+c.refused+`"`); logged != (c.refused != "") {
			t.Errorf("%s: %s", c.seen, out.String())
		}
	}
}
