package ldap

import (
	"strconv"
	"strings"
	"sync"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// Why somebody may not sign in.
const (
	offDisabled   = "disabled"
	offExpired    = "expired"
	offLocked     = "locked"
	offMustChange = "must_change"
)

// Bits of userAccountControl (MS-ADTS section 2.2.16).
const (
	uacDisabled     = 0x2
	uacLockedOut    = 0x10
	uacNeverExpires = 0x10000
)

// never is accountExpires of an account without an end; 0 says the same.
const never = 0x7FFFFFFFFFFFFFFF

func (c *connector) stateAttributes() []string {
	if c.ad() {
		return []string{"userAccountControl", "lockoutTime", "accountExpires", "pwdLastSet", "badPwdCount", "badPasswordTime"}
	}
	return []string{"pwdAccountLockedTime", "pwdReset", "nsAccountLock", "shadowExpire"}
}

// state says why an entry may not sign in ("": it may), and when that turns round by itself.
type state struct {
	off     string
	changes time.Time
}

func (c *connector) state(e *goldap.Entry, p policy) state {
	if c.ad() {
		return adState(e, p, c.d.Now())
	}
	return posixState(e, c.d.Now())
}

// adState reads Active Directory's attributes (MS-ADTS section 3.1.1.8.1; MS-SAMR section 3.1.1.8).
func adState(e *goldap.Entry, p policy, now time.Time) state {
	control := number(e, "userAccountControl")
	expires := number(e, "accountExpires")
	end := time.Time{}
	if expires > 0 && expires < never {
		end = filetime(expires)
	}
	switch {
	case control&uacDisabled != 0:
		return state{off: offDisabled}
	case !end.IsZero() && !now.Before(end):
		return state{off: offExpired}
	}
	if at := number(e, "lockoutTime"); at > 0 {
		until := filetime(at).Add(p.duration)
		switch {
		case p.duration <= 0:
			return state{off: offLocked}
		case now.Before(until):
			return state{off: offLocked, changes: until}
		}
	} else if control&uacLockedOut != 0 {
		return state{off: offLocked}
	}
	if set := e.GetEqualFoldAttributeValue("pwdLastSet"); set == "0" && control&uacNeverExpires == 0 {
		return state{off: offMustChange}
	}
	return state{changes: end}
}

// posixState reads what OpenLDAP's ppolicy, 389 Directory Server and RFC 2307's shadow say.
func posixState(e *goldap.Entry, now time.Time) state {
	if strings.EqualFold(e.GetEqualFoldAttributeValue("nsAccountLock"), "true") {
		return state{off: offDisabled}
	}
	end := time.Time{}
	if text := e.GetEqualFoldAttributeValue("shadowExpire"); text != "" {
		if days, err := strconv.ParseInt(text, 10, 32); err == nil && days >= 0 {
			end = time.Unix(0, 0).UTC().Add(time.Duration(days) * 24 * time.Hour)
		}
	}
	switch {
	case !end.IsZero() && !now.Before(end):
		return state{off: offExpired}
	case e.GetEqualFoldAttributeValue("pwdAccountLockedTime") != "":
		return state{off: offLocked}
	case strings.EqualFold(e.GetEqualFoldAttributeValue("pwdReset"), "true"):
		return state{off: offMustChange}
	}
	return state{changes: end}
}

func number(e *goldap.Entry, attribute string) int64 {
	n, err := strconv.ParseInt(e.GetEqualFoldAttributeValue(attribute), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// filetime is 100 ns since 1601 (MS-DTYP section 2.3.3).
func filetime(t int64) time.Time {
	const between = 11644473600 // seconds from 1601 to 1970
	return time.Unix(t/1e7-between, t%1e7*100).UTC()
}

// policy is what a domain says of wrong passwords (MS-SAMR section 3.1.1.5).
type policy struct {
	threshold int64         // wrong ones that lock; 0: none do
	window    time.Duration // in which they count
	duration  time.Duration // of a lock; 0: until somebody unlocks
}

// policyFor is how long a domain's policy is kept.
const policyFor = 5 * time.Minute

// keptPolicy is the one that was read last.
type keptPolicy struct {
	mu    sync.Mutex
	until time.Time
	p     policy
}

// readPolicy asks the domain's head for it, now and then. It need not be readable: our own limit holds then.
func (c *connector) readPolicy(w *wire) policy {
	if !c.ad() {
		return policy{}
	}
	c.policy.mu.Lock()
	defer c.policy.mu.Unlock()
	if now := c.d.Now(); now.After(c.policy.until) {
		c.policy.p, c.policy.until = domainPolicy(w), now.Add(policyFor)
	}
	return c.policy.p
}

func domainPolicy(w *wire) policy {
	root, err := w.Search(goldap.NewSearchRequest("", goldap.ScopeBaseObject, goldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{"defaultNamingContext"}, nil))
	if err != nil || len(root.Entries) != 1 {
		return policy{}
	}
	head, err := w.Search(goldap.NewSearchRequest(root.Entries[0].GetEqualFoldAttributeValue("defaultNamingContext"), goldap.ScopeBaseObject, goldap.NeverDerefAliases, 1, 0,
		false, "(objectClass=*)", []string{"lockoutThreshold", "lockOutObservationWindow", "lockoutDuration"}, nil))
	if err != nil || len(head.Entries) != 1 {
		return policy{}
	}
	e := head.Entries[0]
	return policy{threshold: number(e, "lockoutThreshold"), window: interval(number(e, "lockOutObservationWindow")), duration: interval(number(e, "lockoutDuration"))}
}

// interval is a span as Active Directory keeps it: negative, in 100 ns.
func interval(n int64) time.Duration {
	if n >= 0 || n == -1<<63 {
		return 0
	}
	if -n > int64(100*365*24*time.Hour)/100 {
		return 0
	}
	return time.Duration(-n) * 100
}

// nearLock says that one more wrong password may lock the entry, or, for strangers, may leave its owner none.
func (p policy) nearLock(e *goldap.Entry, known bool, now time.Time) bool {
	if p.threshold <= 0 {
		return false
	}
	last := number(e, "badPasswordTime")
	if last <= 0 || p.window > 0 && now.Sub(filetime(last)) > p.window {
		return false
	}
	return number(e, "badPwdCount") >= allowed(p.threshold-1, known)
}

// behera is the password policy's answer to a bind (draft-behera-ldap-password-policy-10, section 6.2).
const (
	beheraExpired    = 0
	beheraLocked     = 1
	beheraMustChange = 2
)
