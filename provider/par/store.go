package par

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ory/fosite"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/provider/core"
	"github.com/jedan-auth/jedan-auth/storage"
)

// How many requests may wait at once. Anybody can push in the name of a public client, so that its address counts.
const (
	maxPerClient  = 5000
	maxPerAddress = 5000
	maxOfPublic   = 100 // per address
)

// sealed is what the row holds.
type sealed struct {
	Params url.Values `json:"params"`
	Signed bool       `json:"signed,omitempty"`
}

func requestAt(p *storage.Pending) seal.Location {
	return seal.Location{Table: "pending", Column: "request", Tenant: p.Tenant, Row: p.ID}
}

// store writes the row and returns its request_uri.
func (e *Endpoint) store(ctx context.Context, r *request) (string, error) {
	now := e.d.Now()
	body, err := json.Marshal(sealed{Params: r.pushed.Params, Signed: r.pushed.Signed})
	if err != nil {
		return "", err
	}
	p := &storage.Pending{
		Tenant: e.d.Tenant, ID: storage.NewID(now), Kind: storage.PendingPAR, Client: r.client.ID, State: storage.PendingOpen, Address: e.address(ctx),
		ExpiresAt: now.Add(r.client.PushedLife(e.d.Lifetime)), CreatedAt: now,
	}
	p.Request = e.d.Vault.Seal(requestAt(p), body)
	uri := e.uri(p.Client, p.ID)
	p.Handle = e.mac("request_uri handle", []byte(uri))
	most := storage.PendingCap{PerClient: maxPerClient, PerAddress: maxPerAddress}
	if r.client.Public() {
		most.PerAddress = maxOfPublic
	}
	err = e.d.Store.InsertPending(ctx, p, most)
	if errs.Is(err, errs.Throttled) {
		return "", tooMany(err)
	}
	return uri, err
}

// tooMany is RFC 9126 section 2.3's 429.
func tooMany(cause error) error {
	r := core.Refuse(fosite.ErrTemporarilyUnavailable, "Too many requests wait to be opened; try again in a moment.", "fewer waiting requests", "more")
	r.Err.CodeField, r.Cause = http.StatusTooManyRequests, cause
	return r
}

func (e *Endpoint) mac(label string, part []byte) []byte {
	_, mac := e.d.Ring.MAC(keys.Codes, []byte(label), e.d.Tenant[:], part)
	return mac
}

func (e *Endpoint) address(ctx context.Context) []byte {
	ip, _ := httpx.ContextClient(ctx)
	if !ip.IsValid() {
		return nil
	}
	return e.mac("pending address", ip.AsSlice())
}

// A request_uri is the row's id and a MAC over it and its client: a forged one, or one in another client's name, dies before the database.
const uriLen = 2 + 16 + 32

func (e *Endpoint) uri(client, id storage.ID) string {
	version, mac := e.d.Ring.MAC(keys.Codes, []byte("request_uri"), e.d.Tenant[:], client[:], id[:])
	b := binary.BigEndian.AppendUint16(make([]byte, 0, uriLen), uint16(version)) //nolint:gosec // versions are small
	b = append(b, id[:]...)
	return core.RequestURIPrefix + base64.RawURLEncoding.EncodeToString(append(b, mac...))
}

func (e *Endpoint) parse(client storage.ID, uri string) (storage.ID, bool) {
	text, ok := strings.CutPrefix(uri, core.RequestURIPrefix)
	if !ok || len(text) != base64.RawURLEncoding.EncodedLen(uriLen) {
		return storage.ID{}, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return storage.ID{}, false
	}
	id := storage.ID(b[2:18])
	ok = e.d.Ring.VerifyMAC(keys.Codes, int(binary.BigEndian.Uint16(b)), b[18:], []byte("request_uri"), e.d.Tenant[:], client[:], id[:])
	return id, ok
}

// Find returns the pushed request of a client. One that was answered with a grant is returned as spent, until it is swept.
func (e *Endpoint) Find(ctx context.Context, client *core.Client, requestURI string, opened time.Time) (*core.PushedRequest, error) {
	id, ok := e.parse(client.ID, requestURI)
	if !ok {
		return nil, unknown("a request_uri of this client", "another text")
	}
	p, err := e.d.Store.PendingByID(ctx, e.d.Tenant, id)
	switch {
	case errs.CodeOf(err) == errs.NotFound:
		return nil, unknown("a standing request", "none")
	case err != nil:
		return nil, err
	case p.Kind != storage.PendingPAR || p.Client != client.ID || p.State == storage.PendingDenied:
		return nil, unknown("an open request of this client", "another")
	case !opened.Before(p.CreatedAt.Add(client.PushedLife(e.d.Lifetime))) || !e.d.Now().Before(p.ExpiresAt):
		return nil, unknown("an unexpired request_uri", "an expired one")
	}
	return e.open(p)
}

func unknown(expected, received string) error {
	return core.InvalidRequestURI("The request_uri is unknown, expired, used, or belongs to another client.", expected, received)
}

func (e *Endpoint) open(p *storage.Pending) (*core.PushedRequest, error) {
	raw, err := e.d.Vault.Open(requestAt(p), p.Request)
	if err != nil {
		return nil, err
	}
	var s sealed
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	return &core.PushedRequest{ID: p.ID, Params: s.Params, Signed: s.Signed, Spent: p.State == storage.PendingSpent}, nil
}

// Keep makes a request that a flow refers to outlive the flow.
func (e *Endpoint) Keep(ctx context.Context, id storage.ID, until time.Time) error {
	return e.d.Store.KeepPending(ctx, e.d.Tenant, id, until)
}

// Deny ends a request that a person said no to.
func (e *Endpoint) Deny(ctx context.Context, id, person, session storage.ID) error {
	_, err := e.d.Store.DecidePending(ctx, storage.DecidePending{Tenant: e.d.Tenant, ID: id, Person: person, Session: session, Now: e.d.Now()}, nil)
	return err
}
