package web

import "strconv"

// SecurityScore is how well a person's account is protected, from 0 to 100, with a sentence for each thing that is missing.
type SecurityScore struct {
	Score   int
	Reasons []string
}

// Text is the number as a sentence has it.
func (s SecurityScore) Text() string { return strconv.Itoa(s.Score) }
