package modules

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/app"
	"github.com/jedan-auth/jedan-auth/internal/config"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/storage/redisdb/redistest"
)

// RL09: Redis is killed, emptied, full, five seconds slow, or wants another password. Nobody gets more than the limit, nobody waits for it, sign-in goes on,
// it is told once, and within five seconds it is used again.
func TestRL09_RedisLoss(t *testing.T) {
	redis := redistest.Start(t)
	line := redistest.Lay(t, redis.Addr)
	w := alone(t, cheap, free, proxied, func(c *app.Config) {
		c.Redis, c.Limits.Account, c.Limits.Address.Login = config.Secret(line.URL()), burst(4), burst(60)
	})
	n := 0
	spend := func() (let int) { // at one name, from ever new addresses
		n++
		for i := range 8 {
			b, _ := w.at(fmt.Sprintf("198.51.100.%d", i+1))
			if p := guess(b, fmt.Sprintf("nobody%d@example.org", n), "a wrong password"); p.Status == http.StatusForbidden {
				let++
			}
			w.Clock.Advance(time.Second) // so that addresses are not what is bounded
		}
		return let
	}
	up := func() bool { return strings.Contains(w.Get("/metrics").Body, "\njedan_redis_up 1\n") }
	if let := spend(); let != 4 || !up() {
		t.Fatalf("%d of 8 with Redis, up %v", let, up())
	}
	keys := redis.Do("DBSIZE")
	if keys == ":0" {
		t.Fatal("Redis holds nothing")
	}
	told := w.Log.Mark()
	for _, c := range []struct {
		name     string
		ill, fix func()
	}{
		{"killed", redis.Kill, redis.Again},
		{"slow", func() { line.Slow(5 * time.Second) }, func() { line.Slow(0) }},
		{"full", func() { redis.Do("CONFIG", "SET", "maxmemory", "1") }, func() { redis.Do("CONFIG", "SET", "maxmemory", "0") }},
	} {
		c.ill()
		began := time.Now()
		if let := spend(); let != 4 {
			t.Errorf("%s: %d of 8 were let in", c.name, let)
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("%s: eight sign-ins took %v", c.name, took)
		}
		if up() {
			t.Errorf("%s: metrics do not show it", c.name)
		}
		visitor, _ := w.at("203.0.113.7")
		w.in(guess(visitor, w.email, testkit.Password))
		c.fix()
		w.Within(5*time.Second, c.name+": Redis is used again", func() bool {
			w.Clock.Advance(2 * time.Second)
			w.Get("/login", comingFrom("203.0.113.8")...)
			return up()
		})
	}
	log := w.Log.Since(told)
	if away, back := strings.Count(log, "Redis does not answer"), strings.Count(log, "Redis answers again"); away != 3 || back != 3 {
		t.Errorf("told %d times that it is away and %d that it is back", away, back)
	}

	n++ // emptied in the middle: what this node has counted stays counted
	name := fmt.Sprintf("nobody%d@example.org", n)
	let := 0
	for i := range 8 {
		if i == 4 {
			redis.Do("FLUSHALL")
		}
		b, _ := w.at(fmt.Sprintf("203.0.113.%d", 20+i))
		if guess(b, name, "a wrong password").Status == http.StatusForbidden {
			let++
		}
	}
	if let != 4 {
		t.Errorf("emptied: %d of 8 were let in", let)
	}
}

// RL09: a server with a wrong password for Redis serves, counts for itself, and says so once, without the password.
func TestRL09_RedisPassword(t *testing.T) {
	redis := redistest.Start(t)
	redis.Do("CONFIG", "SET", "requirepass", "right-one")
	w := alone(t, cheap, proxied, bounded, func(c *app.Config) {
		c.Redis = config.Secret(strings.Replace(redis.URL(), "redis://", "redis://:a-wrong-canary@", 1))
	})
	refused := 0
	for range 12 {
		if w.Get("/login", comingFrom("192.0.2.1")...).Status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 7 {
		t.Errorf("%d of 12 were refused", refused)
	}
	log := w.Log.String()
	if strings.Count(log, "Redis does not answer") != 1 || !strings.Contains(log, "WRONGPASS") || strings.Contains(log, "canary") {
		t.Errorf("the log says:\n%s", log)
	}
}
