package testkit

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
)

// Log keeps everything the server logs.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String is what was logged so far.
func (l *Log) String() string { return l.Since(0) }

// Mark is where the log stands, for Since.
func (l *Log) Mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Len()
}

// Since is what was logged after a mark.
func (l *Log) Since(mark int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.buf.Bytes()[mark:])
}

// Refused lists the rows of the tables of checks that refused a request after a mark, by name and in order.
func (l *Log) Refused(mark int) []string {
	var rows []string
	for line := range strings.Lines(l.Since(mark)) {
		var record struct{ Msg, Check string }
		if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "request refused" && record.Check != "" {
			rows = append(rows, record.Check)
		}
	}
	return rows
}
