package geotest

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// The pieces of the MaxMind format that the test's files need: https://maxmind.github.io/MaxMind-DB/

func head(kind, size int) []byte {
	if kind > 7 {
		return []byte{byte(size), byte(kind - 7)}
	}
	return []byte{byte(kind<<5 | size)}
}

// Text is a string.
func Text(s string) []byte { return append(head(2, len(s)), s...) }

// Double is a floating point number.
func Double(x float64) []byte {
	return binary.BigEndian.AppendUint64(head(3, 8), math.Float64bits(x))
}

// Number is an unsigned number of 32 bits.
func Number(n uint64) []byte { return number(6, 4, n) }

func number(kind, size int, n uint64) []byte {
	b := binary.BigEndian.AppendUint64(nil, n)
	return append(head(kind, size), b[8-size:]...)
}

// Object is a map, of keys and values in turn.
func Object(pairs ...[]byte) []byte {
	out := head(7, len(pairs)/2)
	for _, p := range pairs {
		out = append(out, p...)
	}
	return out
}

// File is a database in which every address has the same entry.
func File(t *testing.T, kind string, entry []byte) string {
	t.Helper()
	const nodes, separator = 1, 16
	record := []byte{0, 0, nodes + separator} // points to the first byte of the data
	b := append(append([]byte{}, record...), record...)
	b = append(b, make([]byte, separator)...)
	b = append(b, entry...)
	b = append(b, "\xab\xcd\xefMaxMind.com"...)
	b = append(b, Object(
		Text("node_count"), number(6, 4, nodes), Text("record_size"), number(5, 2, 24), Text("ip_version"), number(5, 2, 6),
		Text("database_type"), Text(kind), Text("languages"), head(11, 0), Text("binary_format_major_version"), number(5, 2, 2),
		Text("binary_format_minor_version"), number(5, 2, 0), Text("build_epoch"), number(9, 8, 1767225600), Text("description"), head(7, 0),
	)...)
	path := filepath.Join(t.TempDir(), kind+".mmdb")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Names are those of a place: languages and names in turn.
func Names(pairs ...string) []byte {
	all := make([][]byte, len(pairs))
	for i, s := range pairs {
		all[i] = Text(s)
	}
	return Object(Text("names"), Object(all...))
}
