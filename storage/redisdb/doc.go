// Package redisdb counts in Redis or Valkey, for all nodes together. Nothing is kept there that must not be lost: keys are hashes and end by themselves.
//
// It owns the connection and the script. It owns no policy: what a key stands for, how long an answer is waited for, and what follows when there is
// none, is the caller's (internal/limits).
package redisdb
