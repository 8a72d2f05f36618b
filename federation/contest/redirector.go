package contest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Redirecting is a connector beside a fake of its upstream, which signs in the same person whenever a browser comes.
type Redirecting struct {
	Connector federation.Redirector
	Callback  string // our address
	Key       string // of the person there; empty: the kind makes it of several things, and it is the same each time
	Now       func() time.Time
	// Visit is what a browser does there: it is sent, and brings back what it returns.
	Visit func(to *url.URL, form url.Values) (method string, params url.Values)
	// Away takes the upstream away; nil where an answer is judged without asking it.
	Away func()
}

var errNothing = errors.New("no error")

// Redirector runs the contract; open makes a fresh pair.
func Redirector(t *testing.T, open func(t *testing.T) Redirecting) {
	for name, check := range map[string]func(*testing.T, Redirecting){
		"the same person each time":          samePerson,
		"an answer belongs to its departure": ownDeparture,
		"what is no answer":                  noAnswer,
		"many at once":                       manyAtOnce,
		"a request that was given up":        givenUp,
		"an upstream that is away":           away,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

// trip is a departure with the wish that it is for.
type trip struct {
	wish federation.Wish
	d    *federation.Departure
}

func (r Redirecting) begin(ctx context.Context, state string) (trip, error) {
	w := federation.Wish{State: state, CallbackURL: r.Callback}
	d, err := r.Connector.Begin(ctx, w)
	if err == nil && stateOf(d) != state {
		err = fmt.Errorf("the departure does not carry the state: %v", d.URL) //nolint:err113 // a test's message
	}
	return trip{w, d}, err
}

// stateOf is what brings the browser back to its departure; where the request was pushed, it is not in the address.
func stateOf(d *federation.Departure) string {
	u, err := url.Parse(d.URL)
	if err != nil {
		return ""
	}
	for _, q := range []url.Values{u.Query(), d.Form} {
		for _, name := range []string{"state", "RelayState"} {
			if q.Has(name) {
				return q.Get(name)
			}
		}
	}
	return ""
}

func (r Redirecting) visit(t trip) (string, url.Values, error) {
	u, err := url.Parse(t.d.URL)
	if err != nil {
		return "", nil, err
	}
	method, params := r.Visit(u, t.d.Form)
	return method, params, nil
}

// complete brings the answer of one departure to another.
func (r Redirecting) complete(ctx context.Context, asked, answered trip) (*federation.Identity, error) {
	method, params, err := r.visit(answered)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"state", "RelayState"} { // the broker has matched it
		if params.Has(name) {
			params.Set(name, asked.wish.State)
		}
	}
	return r.Connector.Complete(ctx, federation.Arrival{Wish: asked.wish, Kept: asked.d.Kept, Began: r.Now(), Method: method, Params: params})
}

func (r Redirecting) signIn(ctx context.Context, state string) (*federation.Identity, error) {
	t, err := r.begin(ctx, state)
	if err != nil {
		return nil, err
	}
	return r.complete(ctx, t, t)
}

func samePerson(t *testing.T, r Redirecting) {
	key := r.key(t)
	id, err := r.signIn(t.Context(), "two")
	if err != nil {
		t.Fatal(err)
	}
	if id.Key != key || len(id.Key) > 1024 || id.Claims == nil {
		t.Errorf("key %q with %d claims", id.Key, len(id.Claims))
	}
}

// key is the person's.
func (r Redirecting) key(t *testing.T) string {
	t.Helper()
	id, err := r.signIn(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if id.Key == "" || r.Key != "" && id.Key != r.Key {
		t.Fatalf("key %q", id.Key)
	}
	return id.Key
}

func ownDeparture(t *testing.T, r Redirecting) {
	a, errA := r.begin(t.Context(), "a")
	b, errB := r.begin(t.Context(), "b")
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(a.d.Kept, b.d.Kept) {
		t.Error("two departures keep the same")
	}
	id, err := r.complete(t.Context(), a, b)
	refused(t, "another departure's answer", id, err)
}

func noAnswer(t *testing.T, r Redirecting) {
	a, err := r.begin(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	long := url.Values{"code": {string(make([]byte, 100<<10))}, "SAMLResponse": {string(bytes.Repeat([]byte("A"), 3<<20))}, "id_token": {"a.b.c"}, "state": {"a"}}
	for name, params := range map[string]url.Values{
		"nothing": {}, "an error": {"error": {"server_error"}, "state": {"a"}}, "text": {"code": {"\x00'"}, "SAMLResponse": {"%%%"}, "state": {"a"}}, "too much": long,
		"twice": {"code": {"a", "b"}, "SAMLResponse": {"a", "b"}, "state": {"a"}},
	} {
		for _, kept := range [][]byte{a.d.Kept, nil, []byte("{")} {
			for _, method := range []string{"GET", "POST"} {
				id, err := r.Connector.Complete(t.Context(), federation.Arrival{Wish: a.wish, Kept: kept, Began: r.Now(), Method: method, Params: params})
				if id != nil || err == nil {
					t.Errorf("%s with %d bytes kept by %s: %v %v", name, len(kept), method, id, err)
				}
			}
		}
	}
}

func manyAtOnce(t *testing.T, r Redirecting) {
	key := r.key(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if id, err := r.signIn(t.Context(), fmt.Sprint("state-", i)); err != nil || id.Key != key {
				t.Error(id, err)
			}
		})
	}
	all.Wait()
}

func givenUp(t *testing.T, r Redirecting) {
	a, err := r.begin(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if id, err := r.complete(ctx, a, a); (err == nil) == (id == nil) { // what needs nobody else may have been done
		t.Errorf("%v %v", id, err)
	}
}

// away wants an answer that says so: an upstream's silence is nobody's fault and no refusal.
func away(t *testing.T, r Redirecting) {
	if r.Away == nil {
		t.Log("an answer is judged without asking the upstream")
		return
	}
	a, err := r.begin(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	r.Away()
	if id, err := r.complete(t.Context(), a, a); id != nil || !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v %v", id, err)
	}
}

var (
	checkShape  = regexp.MustCompile(`^[a-z0-9_]+\.[a-z0-9_]+$`)
	reasonShape = regexp.MustCompile(`^[a-z_]+$`)
)

// refused wants a refusal that names its row, and says nothing that somebody sent.
func refused(t *testing.T, what string, id *federation.Identity, err error) {
	t.Helper()
	var no *federation.Refusal
	if id != nil || !errors.As(err, &no) {
		t.Errorf("%s: %v, %v", what, id, errors.Join(err, errNothing))
		return
	}
	if !checkShape.MatchString(no.Check) || !reasonShape.MatchString(no.Reason) || no.Expected == "" || no.Received == "" {
		t.Errorf("%s: %+v", what, no)
	}
}
