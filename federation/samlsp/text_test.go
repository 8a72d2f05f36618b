package samlsp

import (
	"fmt"
	"strings"
)

// replaced puts something in place of what must be there once.
func replaced(s, old, with string) string {
	if strings.Count(s, old) != 1 {
		panic(fmt.Sprintf("%q is there %d times in %s", old, strings.Count(s, old), s))
	}
	return strings.Replace(s, old, with, 1)
}

// without cuts out what is between two marks, and the marks.
func without(s, from, to string) string {
	a, rest, ok := strings.Cut(s, from)
	_, b, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		panic(from + " is not there")
	}
	return a + b
}
