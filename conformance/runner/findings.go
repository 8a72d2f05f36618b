package runner

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxMessage bounds a finding's text, in runes.
const maxMessage = 400

// Finding is one line of a module's log that says what was wrong.
type Finding struct {
	// Check is the suite's condition, such as EnsureIdTokenDoesNotContainName.
	Check string `json:"check"`
	// Result is FAILURE, WARNING, INTERRUPTED or SKIPPED.
	Result string `json:"result"`
	// Message is the suite's text, without secrets.
	Message string `json:"message"`
	// Requirements are the clauses that the suite names.
	Requirements []string `json:"requirements,omitempty"`
}

// findings picks the entries that explain a result other than PASSED. The rest of an entry (requests, tokens, pages) stays
// in the log.
func findings(log []byte, r redactor) ([]Finding, error) {
	var entries []struct {
		Source       string   `json:"src"`
		Result       string   `json:"result"`
		Message      string   `json:"msg"`
		Requirements []string `json:"requirements"`
	}
	if err := json.Unmarshal(log, &entries); err != nil {
		return nil, fmt.Errorf("read a module's log: %w", err)
	}
	var out []Finding
	for _, e := range entries {
		if slices.Contains([]string{"FAILURE", "WARNING", "INTERRUPTED", "SKIPPED"}, e.Result) {
			out = append(out, Finding{Check: e.Source, Result: e.Result, Message: shorten(r.text(e.Message)), Requirements: e.Requirements})
		}
	}
	return out, nil
}

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return s
}
