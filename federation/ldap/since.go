package ldap

import (
	"regexp"
	"strconv"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// since is the filter for what has changed.
func (l *lister) since() (filter string, changed bool) {
	if l.c.ad() {
		return "(uSNChanged>=" + strconv.FormatInt(l.was.USN+1, 10) + ")", l.is.USN > l.was.USN
	}
	if l.was.CSN != "" {
		return l.sinceCSN(), true
	}
	from, err := time.Parse(generalised, l.was.Stamp)
	if err != nil {
		return "", true
	}
	// Stamps are whole seconds, and servers write a little later than they stamp: the last seconds come again until they have settled.
	if l.c.d.Now().Sub(l.was.Seen) < settles {
		from = from.Add(-2 * time.Second)
	} else {
		from = from.Add(time.Second)
	}
	return "(modifyTimestamp>=" + from.UTC().Format(generalised) + ")", true
}

const (
	generalised = "20060102150405Z" // RFC 4517 section 3.3.13
	settles     = time.Minute
)

// latest keeps the latest marks.
func (l *lister) latest(e *goldap.Entry) {
	if csn := e.GetEqualFoldAttributeValue("entryCSN"); csnShape.MatchString(csn) {
		if l.is.CSN != "" && csn[30:33] != l.is.CSN[30:33] {
			l.is.Many = true
		}
		if csn > l.is.CSN {
			l.is.CSN, l.is.Seen = csn, l.c.d.Now()
		}
	}
	if stamp := stampOf(e); stamp > l.is.Stamp {
		l.is.Stamp = stamp
		if l.is.CSN == "" {
			l.is.Seen = l.c.d.Now()
		}
	}
}

// csnShape is a change sequence number: time, count, server, modification (draft-ietf-ldup-model-09 section 5.7, as OpenLDAP has it).
var csnShape = regexp.MustCompile(`^[0-9]{14}\.[0-9]{6}Z#[0-9a-f]{6}#[0-9a-f]{3}#[0-9a-f]{6}$`)

const csnTime = "20060102150405.000000Z"

// sinceCSN goes back a little while the latest change is young, because a change that began before it may be written after it; and further where several servers
// write, because they send each other their changes.
func (l *lister) sinceCSN() string {
	from := l.was.CSN
	back := time.Duration(0)
	switch {
	case l.was.Many:
		back = settles
	case l.c.d.Now().Sub(l.was.Seen) < settles:
		back = 200 * time.Millisecond
	}
	if at, err := time.Parse(csnTime, from[:22]); err == nil && back > 0 {
		from = at.Add(-back).UTC().Format(csnTime) + "#000000#000#000000"
	}
	return "(entryCSN>=" + from + ")"
}

func stampOf(e *goldap.Entry) string {
	text := e.GetEqualFoldAttributeValue("modifyTimestamp")
	if at, err := time.Parse("20060102150405.999999Z", text); err == nil { // fractions, where a server has them
		return at.UTC().Format(generalised)
	}
	return ""
}
