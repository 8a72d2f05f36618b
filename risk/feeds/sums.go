package feeds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// sums is a sorted file of sums, one a line, in which lines are found by bisection: some forty reads in a file of 40 GB, of which nothing is kept in memory.
type sums struct {
	f    *os.File
	size int64
}

const (
	longestLine = 128
	leastDigits = 10
)

func openSums(path string) (*sums, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("feeds.passwords.file: %w", err)
	}
	info, err := f.Stat()
	s := &sums{f: f}
	if err == nil {
		s.size = info.Size()
		_, err = s.line(0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("feeds.passwords.file: %w", err), f.Close())
	}
	return s, nil
}

func (s *sums) close() error { return s.f.Close() }

var errNoSum = errors.New("a line does not begin with a SHA-1 sum, or its first ten digits or more")

// has looks for a sum, of which the file's lines may have only the beginning.
func (s *sums) has(sum string) (bool, error) {
	low, high := int64(0), s.size // the line is one that begins in [low, high)
	for low < high {
		mid := low + (high-low)/2
		start, err := s.startAfter(mid)
		if err != nil {
			return false, err
		}
		if start >= high { // no line begins between mid and high: only those before mid are left
			high = mid
			continue
		}
		line, err := s.line(start)
		if err != nil {
			return false, err
		}
		switch c := compare(line, sum); {
		case c == 0:
			return true, nil
		case c > 0:
			high = mid
		default:
			low = start + 1
		}
	}
	return false, nil
}

// startAfter is where the first line begins at or after at.
func (s *sums) startAfter(at int64) (int64, error) {
	if at == 0 {
		return 0, nil
	}
	buf := make([]byte, longestLine+1)
	n, err := s.f.ReadAt(buf, at-1)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	i := bytes.IndexByte(buf[:n], '\n')
	switch {
	case i >= 0:
		return at + int64(i), nil
	case at+int64(n) >= s.size:
		return s.size, nil
	}
	return 0, errNoSum
}

// line is the sum that a line begins with, in capital letters.
func (s *sums) line(at int64) ([]byte, error) {
	buf := make([]byte, 40)
	n, err := s.f.ReadAt(buf, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	buf = buf[:n]
	for i, c := range buf {
		if !isHex(string(c)) {
			buf = buf[:i]
			break
		}
	}
	if len(buf) < leastDigits {
		return nil, errNoSum
	}
	return bytes.ToUpper(buf), nil
}

func compare(line []byte, sum string) int {
	return bytes.Compare(line, []byte(sum[:min(len(sum), len(line))]))
}
