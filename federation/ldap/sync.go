package ldap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"github.com/jedan-auth/jedan-auth/federation"
	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// cursor is how far a sync has come, at one server: another counts otherwise.
type cursor struct {
	Server string    `json:"server"`         // its address, and in Active Directory its invocation id
	Config string    `json:"config"`         // what was listed
	USN    int64     `json:"usn,omitempty"`  // uSNChanged (MS-ADTS section 3.1.1.1.9)
	Stamp  string    `json:"time,omitempty"` // the latest modifyTimestamp (RFC 4512 section 3.4.4)
	CSN    string    `json:"csn,omitempty"`  // the latest entryCSN, where there are any: OpenLDAP's, to the microsecond
	Many   bool      `json:"many,omitempty"` // several servers write: one's changes come late to another
	Seen   time.Time `json:"seen,omitzero"`  // when the latest was first seen
	Full   time.Time `json:"full"`           // when everybody was listed last
}

// SyncEvery implements federation.Syncer.
func (c *connector) SyncEvery() time.Duration {
	if c.c.Sync.Off {
		return 0
	}
	return time.Duration(c.c.Sync.Seconds) * time.Second
}

// lister is one run.
type lister struct {
	c      *connector
	w      *wire
	was    cursor
	is     cursor
	policy policy
	page   func(ctx context.Context, p federation.SyncPage) error
	idle   bool // the server has written nothing since
}

// maxRun bounds a run; the connection ends with it.
const maxRun = 15 * time.Minute

// Sync implements federation.Syncer.
func (c *connector) Sync(ctx context.Context, last []byte, full bool, page func(ctx context.Context, p federation.SyncPage) error) (*federation.SyncEnd, error) {
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()
	l := &lister{c: c, page: page}
	if len(last) > 0 && json.Unmarshal(last, &l.was) != nil {
		l.was = cursor{}
	}
	w, err := c.dialBound(ctx, c.server(ctx, l.was))
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Close() }()
	defer w.guard(ctx)()
	w.SetTimeout(time.Minute) // for a page, not for a sign-in
	l.w = w
	if err := l.start(); err != nil {
		return nil, said(err)
	}
	full = full || l.lost()
	if err := l.run(ctx, full); err != nil {
		return nil, said(err)
	}
	raw, err := json.Marshal(l.is)
	return &federation.SyncEnd{Cursor: raw, Deletions: full || l.idle}, err
}

// server is the one that the cursor is of, if it is still one of ours.
func (c *connector) server(ctx context.Context, was cursor) server {
	all, err := c.servers(ctx)
	if err != nil {
		return server{}
	}
	for _, s := range all {
		if at, _, _ := strings.Cut(was.Server, " "); at == s.address() {
			return s
		}
	}
	return server{}
}

func (l *lister) start() error {
	c := l.c
	sum := sha256.Sum256([]byte(strings.Join([]string{c.c.BaseDN, c.c.UserFilter, c.c.KeyAttribute, strings.Join(l.attributes(), " ")}, "\n")))
	l.is = cursor{Server: l.w.at.address(), Config: hex.EncodeToString(sum[:8])}
	l.policy = c.readPolicy(l.w)
	if !c.ad() {
		return nil
	}
	id, usn, err := controller(l.w)
	l.is.Server += " " + id
	l.is.USN = usn
	return err
}

// controller is which domain controller this is, and how far its own counting has come. It is read before the listing: what changes meanwhile comes again.
func controller(w *wire) (id string, usn int64, err error) {
	root, err := w.Search(goldap.NewSearchRequest("", goldap.ScopeBaseObject, goldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{"dsServiceName", "highestCommittedUSN"}, nil))
	if err != nil {
		return "", 0, err
	}
	if len(root.Entries) != 1 {
		return "", 0, errs.New(errs.Unavailable, "The directory does not say which server it is.")
	}
	e := root.Entries[0]
	service := e.GetEqualFoldAttributeValue("dsServiceName")
	id = service
	own, err := w.Search(goldap.NewSearchRequest(service, goldap.ScopeBaseObject, goldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{"invocationId"}, nil))
	if err == nil && len(own.Entries) == 1 { // it changes when a controller is restored from a backup, and counts anew
		id = hex.EncodeToString(own.Entries[0].GetEqualFoldRawAttributeValue("invocationId"))
	}
	return id, number(e, "highestCommittedUSN"), nil
}

// lost says that the run cannot go on from the last one.
func (l *lister) lost() bool {
	return l.was.Server != l.is.Server || l.was.Config != l.is.Config || l.was.USN > l.is.USN || (!l.c.ad() && l.was.Stamp == "") ||
		l.c.d.Now().Sub(l.was.Full) >= time.Duration(l.c.c.Sync.FullHours)*time.Hour
}

func (l *lister) attributes() []string {
	out := append([]string{l.c.c.KeyAttribute, "modifyTimestamp", "entryCSN"}, l.c.stateAttributes()...)
	for _, a := range l.c.c.Attributes {
		out = append(out, a)
	}
	if l.c.primary() {
		out = append(out, "primaryGroupID")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (l *lister) run(ctx context.Context, full bool) error {
	filter := l.c.c.UserFilter
	l.is.Stamp, l.is.CSN, l.is.Many, l.is.Seen, l.is.Full = l.was.Stamp, l.was.CSN, l.was.Many, l.was.Seen, l.was.Full
	if full {
		l.is.Full = l.c.d.Now()
	} else {
		since, changed := l.since()
		if l.idle = !changed; l.idle {
			return nil
		}
		filter = "(&" + filter + since + ")"
	}
	err := pages(l.w, wanted{l.c.c.BaseDN, filter}, l.attributes(), l.c.c.PageSize, nil, func(found []*goldap.Entry) error {
		out := federation.SyncPage{Full: full}
		for _, e := range found {
			if one, ok := l.entry(e); ok {
				out.Entries = append(out.Entries, one)
			}
		}
		return l.page(ctx, out)
	})
	if err != nil || full || !l.c.ad() {
		return err
	}
	return l.tombstones(ctx)
}

func (l *lister) entry(e *goldap.Entry) (federation.SyncEntry, bool) {
	key := l.c.keyOf(e)
	if key == "" {
		return federation.SyncEntry{}, false
	}
	l.latest(e)
	s := l.c.state(e, l.policy)
	return federation.SyncEntry{Key: key, Off: s.off, ChangesAt: s.changes, Attributes: l.c.profile(e), Belongs: l.belongs(e)}, true
}

// belongs is somebody's primary group: their own entry says it, not the group's.
func (l *lister) belongs(e *goldap.Entry) string {
	if !l.c.primary() {
		return ""
	}
	return e.GetEqualFoldAttributeValue("primaryGroupID")
}

func (c *connector) primary() bool { return c.c.Groups != nil && c.c.Groups.Primary }

// tombstones are the deleted ones (MS-ADTS section 3.1.1.5.5; LDAP_SERVER_SHOW_DELETED_OID, section 3.1.1.3.4.1.14). Who may not see them has the
// linked ones asked for.
func (l *lister) tombstones(ctx context.Context) error {
	filter := "(&(isDeleted=TRUE)(uSNChanged>=" + strconv.FormatInt(l.was.USN+1, 10) + "))"
	show := []goldap.Control{goldap.NewControlMicrosoftShowDeleted()}
	return pages(l.w, wanted{domainOf(l.c.c.BaseDN), filter}, []string{l.c.c.KeyAttribute}, l.c.c.PageSize, show, func(found []*goldap.Entry) error {
		out := federation.SyncPage{}
		for _, e := range found {
			if key := l.c.keyOf(e); key != "" {
				out.Gone = append(out.Gone, key)
			}
		}
		return l.page(ctx, out)
	})
}

// domainOf is the naming context: deleted entries are moved to a container below it.
func domainOf(dn string) string {
	at := strings.Index(strings.ToLower(dn), "dc=")
	if at < 0 {
		return dn
	}
	return dn[at:]
}

// Absent implements federation.Syncer.
func (c *connector) Absent(ctx context.Context, keys []string) ([]string, error) {
	missing := map[string]bool{}
	for _, key := range keys {
		missing[key] = true
	}
	err := c.pool.with(ctx, server{}, func(w *wire) error {
		for batch := range slices.Chunk(keys, perFilter) {
			var parts strings.Builder
			for _, key := range batch {
				parts.WriteString(c.keyFilter(key))
			}
			to := wanted{c.c.BaseDN, "(&" + c.c.UserFilter + "(|" + parts.String() + "))"}
			if err := pages(w, to, []string{c.c.KeyAttribute}, c.c.PageSize, nil, func(found []*goldap.Entry) error {
				for _, e := range found {
					delete(missing, c.keyOf(e))
				}
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(missing))
	for key := range missing {
		out = append(out, key)
	}
	return out, nil
}
