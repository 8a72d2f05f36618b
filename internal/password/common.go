package password

import (
	_ "embed"
	"strings"
)

// commonList is sorted by bytes, one entry a line, lower case. Its licence is common.LICENSE.txt.
//
//go:embed common.txt
var commonList string

// isCommon reports whether word is in the list, by binary search in the embedded text: no heap, nothing to load at start.
func isCommon(word string) bool {
	lo, hi := 0, len(commonList)
	for lo < hi {
		mid := (lo + hi) / 2
		start := strings.LastIndexByte(commonList[lo:mid], '\n') + 1 + lo
		end := start + strings.IndexByte(commonList[start:], '\n')
		switch strings.Compare(commonList[start:end], word) {
		case 0:
			return true
		case -1:
			lo = end + 1
		default:
			hi = start
		}
	}
	return false
}
