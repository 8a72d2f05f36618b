package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A step is one line of each kind between compare and a benchmark that runs when told.
const (
	stepReady = "step ready" // from it: everything is set up and warm
	stepRun   = "run"        // to it: one run
	stepTook  = "step took " // from it: CPU time of a turn in nanoseconds
)

// stepped runs the scenario once for each line of standard input.
func (s *session) stepped(ctx context.Context, d *drive, own *pool) error {
	fmt.Fprintln(s.out, stepReady)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := d.refill(ctx); err != nil {
			return err
		}
		x, err := s.window(ctx, s.own, own, d.op, s.o.length, d.most)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s%d\n", stepTook, (x.cpu + x.database).Nanoseconds())
	}
	return nil
}

// compare drives this build's server and another's in turn, each on a world of its own, and prints how their CPU times stand to each other. Whatever else
// the machine does meets both. A scenario that the other build does not have fails, and the next one is measured.
func compare(ctx context.Context, o options, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var failed []error
	for _, db := range o.databases {
		for _, sc := range o.chosen() {
			if err := o.pair(ctx, sc, db, []string{self, o.against}, out); err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", sc.name, err))
			}
		}
	}
	return errors.Join(append(failed, ctx.Err())...)
}

// pair compares one scenario. Who goes first changes with each round.
func (o options) pair(ctx context.Context, sc scenario, db string, programs []string, out io.Writer) (err error) {
	var both [2]*stepper
	for i, program := range programs {
		if both[i], err = o.stepper(ctx, program, sc, db); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, both[i].stop()) }()
	}
	var ratios []float64
	var took [2][]time.Duration
	for n := range o.runs {
		var x [2]time.Duration
		for _, i := range [][]int{{0, 1}, {1, 0}}[n%2] {
			if x[i], err = both[i].run(); err != nil {
				return err
			}
			took[i] = append(took[i], x[i])
		}
		ratios = append(ratios, float64(x[0])/float64(x[1]))
	}
	slices.Sort(ratios)
	fmt.Fprintf(out, "%-10s %-66s this %8s µs, that %8s µs: %.3f (middle half %.3f–%.3f of %d)\n", db, sc.title, micros(median(took[0])), micros(median(took[1])),
		median(ratios), ratios[len(ratios)/4], ratios[len(ratios)*3/4], len(ratios))
	return nil
}

// stepper is a benchmark that runs when told.
type stepper struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	says *bufio.Scanner
	log  strings.Builder
}

func (o options) stepper(ctx context.Context, program string, sc scenario, db string) (_ *stepper, err error) {
	x := &stepper{cmd: exec.CommandContext(ctx, program, "-step", sc.name, "-db", db, "-conns", strconv.Itoa(o.conns), "-length", o.length.String())} //nolint:gosec // what the operator names
	x.cmd.Env, x.cmd.Stderr = append(os.Environ(), postgresEnv+"="+o.postgres), &x.log
	if x.in, err = x.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	said, err := x.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	x.says = bufio.NewScanner(said)
	if err := x.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := x.hear(stepReady); err != nil {
		return nil, errors.Join(err, x.stop())
	}
	return x, nil
}

// run is the CPU time of a turn in one run.
func (x *stepper) run() (time.Duration, error) {
	if _, err := fmt.Fprintln(x.in, stepRun); err != nil {
		return 0, err
	}
	said, err := x.hear(stepTook)
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseInt(said, 10, 64)
	return time.Duration(ns), err
}

// hear returns what follows the mark.
func (x *stepper) hear(mark string) (string, error) {
	for x.says.Scan() {
		if said, ok := strings.CutPrefix(x.says.Text(), mark); ok {
			return said, nil
		}
	}
	return "", errors.New("a benchmark ended")
}

// stop lets it end, and says why it did by itself.
func (x *stepper) stop() error {
	err := errors.Join(x.in.Close(), x.cmd.Wait())
	if err != nil {
		err = fmt.Errorf("%s: %w: %.1000s", x.cmd.Path, err, x.log.String())
	}
	return err
}
