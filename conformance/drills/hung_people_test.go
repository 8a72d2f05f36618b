package drills

import (
	"context"
	"crypto/sha1" //nolint:gosec // see ownPassword
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/password"
	"github.com/jedan-auth/jedan-auth/internal/seal"
	"github.com/jedan-auth/jedan-auth/internal/testkit"
	"github.com/jedan-auth/jedan-auth/login/otp"
	"github.com/jedan-auth/jedan-auth/provider/register"
	"github.com/jedan-auth/jedan-auth/storage"
)

// hungPerson has a password that nobody else has, so that it is looked up at their sign-in.
type hungPerson struct {
	id                     storage.ID
	email, password, phone string
}

// fill makes as many people as the drill has sign-ins. One mailbox and one phone get few messages.
func (h *hung) fill(actions int) {
	h.t.Helper()
	db := h.open(time.Now)
	defer db.shut(h.t)
	hasher, err := password.New(password.Config{Params: password.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1}})
	if err != nil {
		h.t.Fatal(err)
	}
	err = db.DB.InTx(context.Background(), func(ctx context.Context) error {
		h.people, h.phones = nil, nil
		ranges := map[string]bool{}
		for i := range actions/4 + 60 {
			p, err := newHungPerson(ctx, db, hasher, i, ranges)
			if err != nil {
				return err
			}
			if i%5 > 0 {
				h.people = append(h.people, p)
				continue
			}
			p.phone = fmt.Sprintf("+4915%09d", 112345678+i)
			if err := addPhone(ctx, db, p); err != nil {
				return err
			}
			h.phones = append(h.phones, p)
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	made, err := db.Registrar.Create(context.Background(), storage.ClientMetadata{GrantTypes: []string{"client_credentials"}, TokenEndpointAuthMethod: "client_secret_post"}, register.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.machine = client{clientID: made.Client.ClientID, secret: made.Secret}
}

// ownPassword lies in a range of sums that nobody else's lies in: a range that was asked for while all was well is known afterwards, and then nothing is missed.
func ownPassword(i int, ranges map[string]bool) string {
	for n := 0; ; n++ {
		text := fmt.Sprintf("%s of number %d.%d", testkit.Password, i, n)
		sum := sha1.Sum([]byte(text)) //nolint:gosec // what the collections are keyed by
		if prefix := hex.EncodeToString(sum[:])[:5]; !ranges[prefix] {
			ranges[prefix] = true
			return text
		}
	}
}

func newHungPerson(ctx context.Context, db *beside, hasher *password.Hasher, i int, ranges map[string]bool) (hungPerson, error) {
	p := hungPerson{email: fmt.Sprintf("hung%d@example.org", i), password: ownPassword(i, ranges)}
	hash, err := hasher.Hash(ctx, p.password)
	if err != nil {
		return p, err
	}
	made, err := db.Directory.Create(ctx, db.Tenant, directory.NewPerson{Claims: directory.Claims{"email": p.email, "email_verified": true}, PasswordHash: hash}, testkit.Operator())
	if err == nil {
		p.id = made.ID
	}
	return p, err
}

// addPhone has the person's number as a second factor, proved.
func addPhone(ctx context.Context, db *beside, p hungPerson) error {
	now := db.Now()
	f := &storage.Factor{Tenant: db.Tenant, ID: storage.NewID(now), Person: p.id, Kind: otp.KindSMS, State: storage.FactorConfirmed, CreatedAt: now, ConfirmedAt: &now}
	f.Secret = db.Ring.Seal(seal.Location{Table: f.TableName(), Column: "secret", Tenant: f.Tenant, Row: f.ID}, []byte(p.phone))
	return db.DB.InsertFactor(ctx, f, 1, nil)
}

// grant is a sign-in to an app, for its tokens.
func (h *hung) grant() {
	h.t.Helper()
	l := newLedger()
	hd := newHand(l, h.nodes[0], cheapHash(h.t))
	defer hd.rest()
	p, err := hd.newPerson("granted@example.org")
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := hd.newClient(client{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.asked["granted@example.org"]++
	g, err := hd.authorize(hd.newVisit(p), c, true)
	if err == nil {
		err = hd.redeem(g)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.owed["granted@example.org"]++
	got, app := l.grant(g)
	h.app, h.access, h.refreshToken = app, got.access, got.last()
}

// newcomer is somebody who has not signed in yet: nobody knows anything of their password.
func (h *hung) newcomer() hungPerson {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.newcomers++
	return h.people[h.newcomers%len(h.people)]
}

// someone is anybody with a mailbox, those who sign in last first.
func (h *hung) someone() hungPerson {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn++
	return h.people[len(h.people)-1-h.turn%len(h.people)]
}

func (h *hung) somePhone() hungPerson {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ring++
	return h.phones[h.ring%len(h.phones)]
}
