package redisdb

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed take.lua
var takeScript string

//go:embed give.lua
var giveScript string

// answered is how long a command, or a connection, may take. Callers wait less, or as long.
const answered = 250 * time.Millisecond

// Counter counts events by GCRA. It is safe for concurrent use.
type Counter struct {
	client     *redis.Client
	take, give *redis.Script
}

// Open reads a URL (redis://, rediss://, unix://) and connects to nothing yet.
func Open(url string) (*Counter, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("redis: not a URL such as redis://host:6379/0 or rediss://user:password@host:6379/0") // the library's error would spell the password out
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = answered, answered, answered, answered
	o.ContextTimeoutEnabled, o.MaxRetries, o.DisableIdentity = true, -1, true
	o.MaxActiveConns = 64
	return &Counter{client: redis.NewClient(o), take: redis.NewScript(takeScript), give: redis.NewScript(giveScript)}, nil
}

// Take counts an event of key, or says how long the next one has to wait; then nothing is counted.
func (c *Counter) Take(ctx context.Context, key string, interval, window time.Duration) (wait time.Duration, err error) {
	us, err := c.take.Run(ctx, c.client, []string{key}, interval.Microseconds(), window.Microseconds()).Int64()
	return time.Duration(us) * time.Microsecond, err
}

// Give takes one event of key back.
func (c *Counter) Give(ctx context.Context, key string, interval time.Duration) error {
	return c.give.Run(ctx, c.client, []string{key}, interval.Microseconds()).Err()
}

// Ping asks whether the server answers.
func (c *Counter) Ping(ctx context.Context) error { return c.client.Ping(ctx).Err() }

// Close ends the connections.
func (c *Counter) Close() error { return c.client.Close() }

// Refused is an error in words without an address or a password.
func Refused(err error) string {
	text := err.Error()
	for _, known := range []string{"NOAUTH", "WRONGPASS", "OOM", "LOADING", "READONLY", "MOVED"} {
		if strings.HasPrefix(text, known) {
			return known
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "no answer in time"
	}
	return "no connection"
}
