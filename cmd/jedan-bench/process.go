package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// process is a child as its parent sees it.
type process struct {
	cmd   *exec.Cmd
	addr  string
	in    io.WriteCloser
	out   *bufio.Scanner
	log   string
	began time.Time
}

// spawn starts a child that listens on l and waits until it answers requests.
func spawn(ctx context.Context, dir string, o childOptions, dsn string, l *net.TCPListener, pinned bool) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f, err := l.File()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	p := &process{addr: l.Addr().String(), log: filepath.Join(dir, o.role+".log")}
	errs, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = errs.Close() }()
	p.cmd = exec.CommandContext(ctx, self, "-child", o.role, "-data", o.data, "-issuer", o.issuer)
	p.cmd.Env = append(os.Environ(), databaseEnv+"="+dsn)
	p.cmd.ExtraFiles, p.cmd.Stderr = []*os.File{f}, errs
	start := startFree
	if pinned {
		p.cmd.Env, start = append(p.cmd.Env, "GOMAXPROCS=1"), startPinned
	}
	if err := p.pipes(); err != nil {
		return nil, err
	}
	p.began = time.Now()
	if err := start(p.cmd); err != nil {
		return nil, err
	}
	if r, err := p.reply(); err != nil || !r.Ready {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *process) pipes() (err error) {
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	p.out = bufio.NewScanner(out)
	return err
}

// ask sends one line and returns the answer.
func (p *process) ask(line string) (Reply, error) {
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		return Reply{}, err
	}
	return p.reply()
}

func (p *process) reply() (Reply, error) {
	if !p.out.Scan() {
		tail, _ := os.ReadFile(p.log)
		return Reply{}, fmt.Errorf("a child ended: %.2000s", tail)
	}
	var r Reply
	if err := json.Unmarshal(p.out.Bytes(), &r); err != nil {
		return r, err
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

// stop lets the child drain and end.
func (p *process) stop() error {
	return errors.Join(p.in.Close(), p.cmd.Wait())
}
