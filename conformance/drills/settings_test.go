package drills

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// settings are what the environment asks of a run.
type settings struct {
	races int
	kills int
	full  bool // sizes were asked for: the machine is the drill's own, and times count
	seed  uint64
}

func readSettings(t *testing.T) settings {
	t.Helper()
	s := settings{races: number(t, "JEDAN_RACES", 40), kills: number(t, "JEDAN_KILLS", 5)}
	s.full = os.Getenv("JEDAN_RACES") != "" || os.Getenv("JEDAN_KILLS") != ""
	s.seed = uint64(number(t, "JEDAN_SEED", int(time.Now().UnixNano()&0xffffffff))) //nolint:gosec // any number will do
	t.Logf("JEDAN_SEED=%d", s.seed)
	return s
}

// progress says how far a long drill has come.
func (s settings) progress(t *testing.T, done int, what string) {
	t.Helper()
	if s.full && done > 0 && done%1000 == 0 {
		t.Logf("%s: %d done", what, done)
	}
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is no positive number: %q", name, text)
	}
	return n
}

// choices repeats with the seed; who sets lanes of choices apart.
func (s settings) choices(who uint64) *rand.Rand { return rand.New(rand.NewPCG(s.seed, who)) } //nolint:gosec // a drill's choices are no secret
