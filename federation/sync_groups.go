package federation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// groupProgress is how far the groups of a directory have come here.
type groupProgress struct {
	Rules  string    `json:"rules"`           // the connector's, when its groups were read last
	Cursor []byte    `json:"cursor"`          // the kind's own
	Asked  time.Time `json:"asked,omitzero"`  // it waits since: its groups are read anew then
	Large  bool      `json:"large,omitzero"`  // what it waits for is a smaller directory, and not a word
	Unread bool      `json:"unread,omitzero"` // somebody's groups have changed, whatever the directory's groups say
}

// syncGroups applies the connector's group rules to linked people, where a group of the directory has changed.
func (x *syncRun) syncGroups(ctx context.Context, o SyncOptions) error {
	lister, ok := x.syncer.(GroupLister)
	if !ok || len(x.from.mapper.groups) == 0 {
		return nil
	}
	was, rules := x.groupsWere(), rulesMark(x.from.Settings.Groups)
	waits := !was.Asked.IsZero()
	if waits && !o.Full && !o.AllowMass && x.began.Sub(was.Asked) < askedEvery {
		x.out.GroupsAsk, x.out.GroupsLarge = !was.Large, was.Large
		return nil
	}
	if first, err := x.Store.LinkedPeople(ctx, x.Tenant, x.from.Row.ID, nil, 1); err != nil || len(first) == 0 {
		return err // there is nobody whom it would concern
	}
	full := x.out.Full || waits || was.Unread || was.Rules != rules || o.AllowMass
	list, err := lister.ListGroups(ctx, was.Cursor, full, x.keep)
	switch {
	case errs.Is(err, errs.TooLarge):
		x.Log.WarnContext(ctx, "a directory has more groups than a sync reads: memberships follow at sign-in and re-check alone", slog.String("connector", x.from.Row.Name))
		x.out.GroupsLarge = true
		return x.groupsAre(groupProgress{Rules: rules, Asked: x.began, Large: true})
	case err != nil || list == nil:
		return err
	case !list.Read:
		was.Cursor = list.Cursor
		return x.groupsAre(was)
	}
	asks, err := x.follow(ctx, list, o)
	if err != nil {
		return err
	}
	is := groupProgress{Rules: rules, Cursor: list.Cursor}
	if asks {
		is.Cursor, is.Asked = nil, x.began
	}
	return x.groupsAre(is)
}

func (x *syncRun) groupsWere() (p groupProgress) {
	if json.Unmarshal([]byte(x.row.GroupProgress), &p) != nil {
		return groupProgress{}
	}
	return p
}

func (x *syncRun) groupsAre(p groupProgress) error {
	raw, err := json.Marshal(p)
	if err == nil {
		x.row.GroupProgress = string(raw)
	}
	return err
}

// unread has the groups read whatever the directory says of them, by this run or, if it fails, by the next.
func (x *syncRun) unread() error {
	was := x.groupsWere()
	was.Unread = true
	return x.groupsAre(was)
}

func rulesMark(rules []GroupRule) string {
	raw, _ := json.Marshal(rules) // texts and a flag
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// memberChange is what the rules do to somebody's memberships.
type memberChange struct {
	person  storage.ID
	in, out []string
}

// follow finds what the rules change, then judges, then acts.
func (x *syncRun) follow(ctx context.Context, list *GroupList, o SyncOptions) (asks bool, err error) {
	p := &groupPlan{x: x, list: list}
	if err := p.make(ctx); err != nil {
		return false, err
	}
	if asks = p.asks() && !o.AllowMass; asks {
		x.out.GroupsAsk, x.out.Leaving, x.out.Given = true, p.leaving, p.given
		x.Log.WarnContext(ctx, "a directory's sync would take too many memberships, takes none and waits for a word", slog.String("connector", x.from.Row.Name),
			slog.Int("groups", list.Count), slog.Int("leaving", p.leaving), slog.Int("given", p.given))
	}
	for some := range slices.Chunk(p.changes, batch) {
		if err := x.keep(ctx); err != nil {
			return asks, err
		}
		for _, c := range some {
			if asks {
				c.out = nil
			}
			if err := x.enrol(ctx, c); err != nil {
				return asks, err
			}
		}
	}
	return asks, nil
}

// enrol changes somebody's memberships, with the events, in one transaction.
func (x *syncRun) enrol(ctx context.Context, c memberChange) error {
	if len(c.in)+len(c.out) == 0 {
		return nil
	}
	given, taken := 0, 0
	err := x.Store.InTx(ctx, func(ctx context.Context) (err error) {
		given, taken = 0, 0
		if _, err := x.Store.PersonByID(ctx, x.Tenant, c.person); err != nil {
			return err
		}
		given, taken, err = enrolment{x.Groups, x.Log, x.from}.apply(ctx, c.person, c.in, c.out)
		return err
	})
	if errs.Is(err, errs.NotFound) { // they were erased a moment ago
		return nil
	}
	x.out.Joined, x.out.Left = x.out.Joined+given, x.out.Left+taken
	return err
}
