package drills

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// namespace is a network of its own behind a cable that can be pulled at its far end. Whoever sends to it does not notice: where it is, is not asked for (a static
// neighbour), so that packets go out and are lost.
type namespace struct {
	t           *testing.T
	name        string
	here, there string // addresses
	far         string // the far end of the cable
}

func newNamespace(t *testing.T) *namespace {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a network namespace takes root")
	}
	id := int(time.Now().UnixNano()/1000%90_000) + 10_000 // what the last one had may not be gone yet
	n := &namespace{t: t, name: fmt.Sprintf("jedan-drill-%d", id), here: fmt.Sprintf("10.9.%d.1", id%250+1), there: fmt.Sprintf("10.9.%d.2", id%250+1), far: fmt.Sprintf("jdf%d", id)}
	if out, err := exec.Command("ip", "netns", "add", n.name).CombinedOutput(); err != nil {
		t.Skipf("no network namespace here: %v %s", err, out)
	}
	t.Cleanup(func() { n.ip("netns", "del", n.name) }) // and the cable with it
	near, mac := fmt.Sprintf("jdn%d", id), "02:00:0a:09:09:02"
	n.ip("link", "add", near, "type", "veth", "peer", "name", n.far, "address", mac, "netns", n.name)
	n.ip("addr", "add", n.here+"/24", "dev", near)
	n.ip("link", "set", near, "up")
	n.ip("-n", n.name, "addr", "add", n.there+"/24", "dev", n.far)
	n.ip("-n", n.name, "link", "set", "lo", "up")
	n.link("up")
	n.ip("neigh", "replace", n.there, "lladdr", mac, "dev", near, "nud", "permanent")
	return n
}

// link sets the far end up or down.
func (n *namespace) link(state string) {
	n.t.Helper()
	n.ip("-n", n.name, "link", "set", n.far, state)
}

func (n *namespace) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %v %s", strings.Join(args, " "), err, out)
	}
}
