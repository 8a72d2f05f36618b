package notify

import (
	"context"
	"errors"
	"math"
	"net/mail"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/directory"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

// Bounds on messages that their recipient has not asked for.
const (
	perMailbox = 5 // of each kind, in any hour (PW20)
	perNotice  = 20
	window     = time.Hour
	buckets    = 4096 // in which addresses that nobody has are counted: strangers fill no table (DS06)
)

// Request is a mail that somebody asks for who need not be its recipient.
type Request struct {
	Kind  web.MailKind
	To    string
	Known bool // somebody has this address; otherwise the same work is done, and nothing of it is kept
	// Stranger says that anybody may name any address and a mail goes there. It is counted in all first, so that strangers fill no table (DS06).
	Stranger bool
}

// errUndone takes back what was done for nobody.
var errUndone = errors.New("notify: for nobody")

// Request counts the mail, and if it may be sent runs send, which sends it and stores what belongs to it, in one transaction with the count. For an
// address that nobody has, send runs too and is taken back, so that the two cost the same. The answer to whoever asked must not depend on sent.
func (n *Notifier) Request(ctx context.Context, r Request, send func(ctx context.Context) error) (sent bool, err error) {
	box, err := mailbox(r.To)
	if err != nil {
		return false, err
	}
	err = n.d.Store.InTx(ctx, func(ctx context.Context) error {
		sent = false
		ok, err := n.mayAsk(ctx, r, box)
		if err != nil || !ok {
			return err
		}
		if r.Known {
			sent = true
			return send(ctx)
		}
		err = n.d.Store.InTx(ctx, func(ctx context.Context) error {
			if err := send(ctx); err != nil {
				return err
			}
			return errUndone
		})
		if errors.Is(err, errUndone) {
			return nil
		}
		return err
	})
	return sent && err == nil, err
}

func (n *Notifier) mayAsk(ctx context.Context, r Request, box string) (bool, error) {
	each, all, most := n.key("mailbox", string(r.Kind), box), n.key("all", string(r.Kind)), n.mail.PerHour
	if !r.Known {
		each, all, most = n.key("nobody", string(r.Kind), string([]byte{each[0], each[1] % (buckets / 256)})), n.key("nobody"), math.MaxInt32
	}
	if r.Stranger {
		if ok, err := n.take(ctx, all, most, window, false); err != nil || !ok {
			return false, err
		}
		return n.take(ctx, each, perMailbox, window, true)
	}
	ok, err := n.take(ctx, each, perMailbox, window, true)
	if err != nil || !ok {
		return false, err
	}
	return n.take(ctx, all, most, window, false)
}

// Tell sends a notice that belongs to the account, unless the mailbox has had too many within an hour.
func (n *Notifier) Tell(ctx context.Context, m Mail) error {
	box, err := mailbox(m.To)
	if err != nil {
		return err
	}
	return n.d.Store.InTx(ctx, func(ctx context.Context) error {
		ok, err := n.take(ctx, n.key("notice", box), perNotice, window, false)
		if err != nil || !ok {
			return err
		}
		return n.Send(ctx, m)
	})
}

// take counts in a window that begins anew with each use where it slides, so that no hour has more than most; else it is as long as it is.
func (n *Notifier) take(ctx context.Context, key []byte, most int, long time.Duration, slides bool) (bool, error) {
	now := n.d.Now()
	return n.d.Store.TakeAllowance(ctx, storage.TakeAllowance{Tenant: n.d.Tenant, Key: key, Most: most, Now: now, Ends: now.Add(long), Slides: slides})
}

// key is what a count is found by: a keyed hash.
func (n *Notifier) key(parts ...string) []byte {
	all := [][]byte{[]byte("allowance")}
	for _, p := range parts {
		all = append(all, []byte(p))
	}
	return n.d.Ring.FirstMAC(keys.OneTime, all...)
}

// mailbox is the form in which mails to one mailbox are counted: canonical, and without what follows a plus. errs.Invalid for what is no address.
func mailbox(address string) (string, error) {
	canonical, err := directory.CanonicalEmail(address)
	if err != nil {
		return "", errs.New(errs.Invalid, "This mail address cannot be used.")
	}
	if parsed, err := mail.ParseAddress(address); err != nil || parsed.Name != "" {
		return "", errs.New(errs.Invalid, "This mail address cannot be used.")
	}
	local, domain, _ := strings.Cut(canonical, "@")
	if name, _, tagged := strings.Cut(local, "+"); tagged && name != "" {
		local = name
	}
	return local + "@" + domain, nil
}
