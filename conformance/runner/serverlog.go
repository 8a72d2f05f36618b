package runner

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// serverLog is the log of the server under test, as lines of JSON in a file: it names the check that refused, by the id that the person sees.
type serverLog struct {
	path string
}

// refusedLine is what is read of a line about a refusal.
type refusedLine struct {
	Message string `json:"msg"`
	ID      string `json:"error_id"`
	Check   string `json:"check"`
}

// end is where the next line will be.
func (l serverLog) end() (int64, error) {
	info, err := os.Stat(l.path)
	if err != nil {
		return 0, fmt.Errorf("the server's log: %w", err)
	}
	return info.Size(), nil
}

// refusals are those of upstreams' words that were logged since, in their order. What is no line of JSON is not ours.
func (l serverLog) refusals(since int64) (out []refusedLine, err error) {
	f, err := os.Open(l.path)
	if err != nil {
		return nil, fmt.Errorf("the server's log: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Seek(since, io.SeekStart); err != nil {
		return nil, fmt.Errorf("the server's log: %w", err)
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxDocument)
	for lines.Scan() {
		var line refusedLine
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Message == "request refused" && line.Check != "" {
			out = append(out, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("the server's log: %w", err)
	}
	return out, nil
}
