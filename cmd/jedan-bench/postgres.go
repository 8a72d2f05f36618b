package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is a PostgreSQL on this machine whose processes can be watched. nil is SQLite: nothing to watch.
type server struct {
	admin, dsn, name string
	postmaster       int
}

// clockTick is the unit of /proc/PID/stat on Linux: sysconf(_SC_CLK_TCK) is 100 on every architecture that Go has.
const clockTick = 10 * time.Millisecond

// newDatabase makes an empty database and finds the processes that serve it.
func newDatabase(ctx context.Context, admin string) (*server, error) {
	if admin == "" {
		return nil, errors.New("-postgres or " + postgresEnv + " must name a PostgreSQL")
	}
	s := &server{admin: admin, name: "jedan_bench_" + hex.EncodeToString(random(6))}
	u, err := url.Parse(admin)
	if err != nil {
		return nil, errors.New("-postgres takes a URL")
	}
	u.Path = "/" + s.name
	s.dsn = u.String()
	return s, s.with(ctx, func(c *pgx.Conn) error {
		if _, err := c.Exec(ctx, "CREATE DATABASE "+s.name); err != nil {
			return err
		}
		var backend int
		if err := c.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
			return err
		}
		stat, err := readStat(backend)
		if err != nil {
			return fmt.Errorf("PostgreSQL must run on this machine: %w", err)
		}
		s.postmaster = stat.parent
		return nil
	})
}

func (s *server) with(ctx context.Context, do func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, s.admin)
	if err != nil {
		return err
	}
	return errors.Join(do(c), c.Close(ctx))
}

func (s *server) drop() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // also after the run was broken off
	defer cancel()
	return s.with(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, "DROP DATABASE IF EXISTS "+s.name+" WITH (FORCE)")
		return err
	})
}

// cpu is what the postmaster and all its processes, ended ones included, have used so far.
func (s *server) cpu() (time.Duration, error) {
	if s == nil {
		return 0, nil
	}
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, path := range all {
		id, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		st, err := readStat(id)
		switch {
		case err != nil: // ended meanwhile
		case id == s.postmaster:
			sum += st.own + st.ended
		case st.parent == s.postmaster:
			sum += st.own
		}
	}
	return sum, nil
}

type stat struct {
	parent     int
	own, ended time.Duration // of the process, and of its ended children
}

func readStat(pid int) (stat, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	_, rest, found := strings.Cut(string(raw), ") ") // the name may hold anything before
	f := strings.Fields(rest)
	if !found || len(f) < 15 {
		return stat{}, errors.New("an unknown /proc format")
	}
	var n [5]int
	for i, at := range []int{1, 11, 12, 13, 14} { // ppid, utime, stime, cutime, cstime
		if n[i], err = strconv.Atoi(f[at]); err != nil {
			return stat{}, err
		}
	}
	return stat{parent: n[0], own: time.Duration(n[1]+n[2]) * clockTick, ended: time.Duration(n[3]+n[4]) * clockTick}, nil
}
