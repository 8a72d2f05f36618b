// Package ratelimit bounds what callers can make the server do: Limiter counts
// events per key in a fixed amount of memory, Gate bounds how much dear work
// (password hashing) runs and waits at once.
//
// It owns no policy: which keys are counted, how strictly and what follows is the
// caller's. Nothing here is durable; a restart forgives.
package ratelimit
