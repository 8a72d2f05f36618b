package drills

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// patience is how long the parent waits for anything before it calls it lost. It is no measure of anything.
const patience = 60 * time.Second

// node is a place in the cluster where a server runs, dies and runs again.
type node struct {
	*cluster
	name string

	mu   sync.Mutex
	proc *process
}

// process is one life of a server.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	addr  string
	link  bool
	ended chan struct{} // closed when the process is gone
	err   error         // of Wait; read after ended

	first chan word // ready or refused
	last  chan word // stopped or refused, once

	mu      sync.Mutex
	n       int64
	waiting map[int64]chan word
}

var errGone = errors.New("the server is gone")

// launch starts a server without waiting for it.
func (x *node) launch() *process {
	x.t.Helper()
	p, err := x.spawn()
	if err != nil {
		x.t.Fatal(err)
	}
	return p
}

func (x *node) spawn() (*process, error) {
	log, err := os.OpenFile(filepath.Join(filepath.Dir(x.data), "node-"+x.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the child has its own handle
	p := &process{cmd: exec.Command(os.Args[0]), ended: make(chan struct{}), first: make(chan word, 1), last: make(chan word, 1), waiting: map[int64]chan word{}}
	p.cmd.Env, p.cmd.Stderr = x.environ(), log
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	x.t.Cleanup(func() { p.kill() })
	go p.listen(out)
	return p, nil
}

// listen hands on what the child says until it is gone.
func (p *process) listen(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var w word
		if json.Unmarshal(lines.Bytes(), &w) != nil {
			continue // cut off by a kill
		}
		switch w.Event {
		case "ready":
			p.first <- w
		case "refused":
			p.offer(p.first, w)
			p.offer(p.last, w)
		case "stopped":
			p.offer(p.last, w)
		default:
			p.answer(w)
		}
	}
	p.err = p.cmd.Wait()
	close(p.ended)
}

func (p *process) offer(to chan word, w word) {
	select {
	case to <- w:
	default: // it has been said already
	}
}

func (p *process) answer(w word) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.waiting[w.N]; c != nil {
		delete(p.waiting, w.N)
		c <- w
	}
}

// order has the child do something. errGone means that the answer was not received in full: it may have been done.
func (p *process) order(o order) (word, error) {
	c := make(chan word, 1)
	p.mu.Lock()
	p.n++
	o.N = p.n
	p.waiting[o.N] = c
	line, err := json.Marshal(o)
	if err == nil {
		_, err = p.in.Write(append(line, '\n'))
	}
	p.mu.Unlock()
	if err != nil {
		return word{}, errGone
	}
	select {
	case w := <-c:
		if w.Error != "" {
			return w, fmt.Errorf("the server says: %s", w.Error) //nolint:err113 // a test's message
		}
		return w, nil
	case <-p.ended:
		return word{}, errGone
	}
}

// start starts the server and returns how long it took until it was ready for traffic.
func (x *node) start() time.Duration {
	x.t.Helper()
	begun := time.Now()
	p := x.launch()
	w := p.begin(x)
	if w.Event != "ready" {
		x.t.Fatalf("server %s did not start: %+v\n%s", x.name, w, x.log())
	}
	x.awaitReady()
	return time.Since(begun)
}

// begin waits for the server's first word.
func (p *process) begin(x *node) word {
	select {
	case w := <-p.first:
		p.addr, p.link = w.Addr, w.Link
		x.mu.Lock()
		x.proc = p
		x.mu.Unlock()
		return w
	case <-p.ended:
		select {
		case w := <-p.first: // it was said just before the end
			return w
		default:
			return word{Event: "gone", Error: fmt.Sprint(p.err)}
		}
	case <-time.After(patience):
		return word{Event: "silent"}
	}
}

// awaitReady asks readiness until it says yes.
func (x *node) awaitReady() {
	x.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		if status, err := x.readiness(); err == nil && status == http.StatusOK {
			return
		}
		if time.Now().After(end) {
			x.t.Fatalf("server %s is not ready after %v\n%s", x.name, patience, x.log())
		}
	}
}

func (x *node) readiness() (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+x.address()+"/health/ready", nil)
	if err != nil {
		return 0, err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// address is where the server of this moment listens.
func (x *node) address() string { return x.current().addr }

func (x *node) current() *process {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.proc
}

// dial connects to the server of this moment, whatever the name.
func (x *node) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", x.address())
}

// kill ends the process at once and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may be gone already
	<-p.ended
	_ = p.in.Close()
}

// terminate asks the process to stop.
func (p *process) terminate() error { return p.cmd.Process.Signal(syscall.SIGTERM) }

// log is the end of what the node's servers wrote.
func (x *node) log() string {
	b, err := os.ReadFile(filepath.Join(filepath.Dir(x.data), "node-"+x.name+".log"))
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-4000):])
}

// sendClock moves the clocks of every node.
func (c *cluster) sendClock(ahead time.Duration) {
	c.t.Helper()
	for _, x := range c.nodes {
		if _, err := x.current().order(order{Do: "clock", Ahead: ahead}); err != nil {
			c.t.Fatal(err)
		}
	}
}
