package samlsp

import (
	"context"

	"github.com/jedan-auth/jedan-auth/internal/samlxml"
)

// Pairs are our keys: the current one signs, the next is published before it is used, and all decrypt.
type Pairs struct {
	Current    samlxml.Pair
	Next, Last *samlxml.Pair
}

// all lists what decrypts, the current one first.
func (p *Pairs) all() []samlxml.Pair {
	out := []samlxml.Pair{p.Current}
	for _, other := range []*samlxml.Pair{p.Next, p.Last} {
		if other != nil {
			out = append(out, *other)
		}
	}
	return out
}

// Keys knows our keys.
type Keys interface {
	Pairs(ctx context.Context) (*Pairs, error)
}

// Fixed are keys that do not change while a connector lives: it is made anew when its row changes.
type Fixed struct{ All Pairs }

// Pairs gives them.
func (f Fixed) Pairs(context.Context) (*Pairs, error) { return &f.All, nil }
