package drills

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/risk/feeds/feedtest"
)

// outside is the fakes' process, as the parent has it.
type outside struct {
	t          *testing.T
	in         io.WriteCloser
	smtp, http string
	hang, heal func() // all of them together
	state      chan told

	mu     sync.Mutex
	heard  map[string]string // recipient of each message by its id
	repeat int               // messages that came once more
}

// accepting are fakes on this host, which hang by accepting and being silent.
func accepting(t *testing.T) *outside {
	t.Helper()
	o := launchFakes(t, "127.0.0.1", exec.Command(os.Args[0]))
	o.hang = func() { o.mood("silent"); o.wantSilence() }
	o.heal = func() { o.mood("well"); o.wantAnswer() }
	return o
}

// dropping are fakes in a network namespace, which hang because every packet to them and from them is lost.
func dropping(t *testing.T) *outside {
	t.Helper()
	n := newNamespace(t)
	o := launchFakes(t, n.there, exec.Command("ip", "netns", "exec", n.name, os.Args[0]))
	o.hang = func() { n.link("down"); o.wantNoWay() }
	o.heal = func() { n.link("up"); o.wantAnswer() }
	return o
}

func launchFakes(t *testing.T, host string, cmd *exec.Cmd) *outside {
	t.Helper()
	o := &outside{t: t, state: make(chan told, 1), heard: map[string]string{}}
	cmd.Env, cmd.Stderr = append(os.Environ(), fakesVariable+"="+host), os.Stderr
	var err error
	if o.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		o.listen(out)
		_ = cmd.Wait() // it is killed
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	w := o.next()
	if w.Event != "ready" {
		t.Fatalf("the providers did not start: %+v", w)
	}
	o.smtp, o.http = w.SMTP, w.HTTP
	o.wantAnswer()
	return o
}

func (o *outside) listen(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var w told
		if json.Unmarshal(lines.Bytes(), &w) != nil {
			continue
		}
		if w.Event != "mail" && w.Event != "text" {
			o.state <- w
			continue
		}
		o.mu.Lock()
		if _, known := o.heard[w.ID]; known {
			o.repeat++
		}
		o.heard[w.ID] = w.To
		o.mu.Unlock()
	}
}

func (o *outside) next() told {
	select {
	case w := <-o.state:
		return w
	case <-time.After(patience):
		return told{Event: "nothing"}
	}
}

func (o *outside) mood(name string) {
	o.t.Helper()
	if _, err := io.WriteString(o.in, name+"\n"); err != nil {
		o.t.Fatal(err)
	}
	if w := o.next(); w.Event != name {
		o.t.Fatalf("the providers are %q, not %q", w.Event, name)
	}
}

// greeting is what the mail server says first.
func (o *outside) greeting(within time.Duration) (string, error) {
	c, err := net.DialTimeout("tcp", o.smtp, within)
	if err != nil {
		return "", fmt.Errorf("dial: %w", err)
	}
	defer c.Close() //nolint:errcheck // it has been read
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}

const aGlance = 300 * time.Millisecond

// wantSilence: a connection is taken, and nothing is said on it.
func (o *outside) wantSilence() {
	o.t.Helper()
	if said, err := o.greeting(aGlance); !errors.Is(err, os.ErrDeadlineExceeded) || strings.HasPrefix(err.Error(), "dial") {
		o.t.Fatalf("they are not silent: %q %v", said, err)
	}
}

// wantNoWay: a connection is neither taken nor refused, and nobody says that there is no way.
func (o *outside) wantNoWay() {
	o.t.Helper()
	_, err := o.greeting(aGlance)
	if e := net.Error(nil); !errors.As(err, &e) || !e.Timeout() || !strings.HasPrefix(err.Error(), "dial") {
		o.t.Fatalf("packets are not dropped: %v", err)
	}
}

func (o *outside) wantAnswer() {
	o.t.Helper()
	for end := time.Now().Add(patience); ; {
		said, err := o.greeting(time.Second)
		if strings.HasPrefix(said, "220 ") {
			return
		}
		if time.Now().After(end) {
			o.t.Fatalf("the providers are not well: %q %v", said, err)
		}
	}
}

// messages are those that have arrived, by id.
func (o *outside) messages() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make(map[string]string, len(o.heard))
	for id, to := range o.heard {
		all[id] = to
	}
	return all
}

// environ has a server use them, within the limits of the drill and not of a free quota.
func (o *outside) environ(patient bool) []string {
	host, port, err := net.SplitHostPort(o.smtp)
	if err != nil {
		o.t.Fatal(err)
	}
	base := "http://" + o.http
	env := []string{
		"JEDAN_MAIL__HOST=" + host, "JEDAN_MAIL__PORT=" + port, "JEDAN_MAIL__TLS=none", "JEDAN_MAIL__PER_HOUR=1000000",
		"JEDAN_SMS__PROVIDER=http", "JEDAN_SMS__URL=" + base + "/sms", `JEDAN_SMS__COUNTRIES=["DE"]`, "JEDAN_SMS__PER_PREFIX=1000000", "JEDAN_SMS__PER_DAY=1000000",
		"JEDAN_LOGIN__OTP__SMS=true", "JEDAN_OUTBOUND__ALLOW_HTTP=true", `JEDAN_OUTBOUND__ALLOW_NETWORKS=["127.0.0.0/8","10.9.0.0/16"]`, "JEDAN_OUTBOUND__PER_HOST=1000000",
		`JEDAN_TRUSTED_PROXIES=["127.0.0.0/8"]`, "JEDAN_RISK__STEP_UP=1000", "JEDAN_FEEDS__TOR__ON=true", "JEDAN_FEEDS__TOR__URL=" + base + "/torbulkexitlist",
		"JEDAN_FEEDS__PASSWORDS__ONLINE=true", "JEDAN_FEEDS__PASSWORDS__URL=" + base,
	}
	for _, name := range []string{"ABUSEIPDB", "VIRUSTOTAL", "OTX"} {
		at := "JEDAN_FEEDS__" + name + "__"
		env = append(env, at+"KEY="+feedtest.Key, at+"URL="+base, at+"PER_MINUTE=1000000", at+"PER_DAY=1000000")
	}
	if !patient {
		env = append(env, "JEDAN_MAIL__TIMEOUT=500ms", "JEDAN_OUTBOUND__TIMEOUT=500ms")
	}
	return env
}
