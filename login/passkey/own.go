package passkey

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/audit"
	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/httpx"
	"github.com/jedan-auth/jedan-auth/internal/session"
	"github.com/jedan-auth/jedan-auth/storage"
	"github.com/jedan-auth/jedan-auth/web"
)

const ownPath = "/account/passkeys"

// maxName is the longest name of a passkey, in characters.
const maxName = 64

// own is the attempt of who is signed in. done says that the browser was sent to sign in and will come back.
func (m *Module) own(c *gin.Context, back string) (a *attempt, done bool, err error) {
	a, err = m.adding(c)
	if errs.Is(err, errs.Unauthenticated) {
		return nil, true, m.d.Steps.Back(c, back, nil)
	}
	return a, false, err
}

// list shows a person's passkeys; ?again=1 has the sign-in proved once more first.
func (m *Module) list(c *gin.Context) error {
	query, err := httpx.Query(c)
	if err != nil {
		return err
	}
	a, done, err := m.own(c, ownPath)
	if done || err != nil {
		return err
	}
	if query.Has("again") && !(m.recent(a) && strong(a)) {
		return m.again(c, ownPath)
	}
	return m.page(a, http.StatusOK, "", doneKey(query.Get("done")))
}

// doneKey is the sentence for what was just done; nothing else of the address reaches the page.
func doneKey(word string) string {
	switch word {
	case "added", "renamed", "removed":
		return "passkeys.done." + word
	}
	return ""
}

func (m *Module) again(c *gin.Context, back string) error {
	return m.d.Steps.Back(c, back, url.Values{"prompt": {"login"}})
}

func (m *Module) page(a *attempt, status int, problem, done string) error {
	token, err := m.d.Steps.Token(a.c, purpose(a.cur))
	if err != nil {
		return err
	}
	p := web.PasskeysPage{Lang: m.d.Steps.Lang(a.c, nil), CSRF: token, Problem: problem, Done: done, Signals: m.signals(a)}
	if p.Again = !m.recent(a) || !strong(a); !strong(a) && problem == "" {
		p.Problem = web.ProblemPasskeyStrong
	}
	for _, k := range a.owned {
		row := web.PasskeyRow{ID: k.ID.String(), Name: m.name(a.c.Request.Context(), &k), Make: makeOf(k.AAGUID), Added: k.CreatedAt, Synced: k.Synced}
		if k.LastUsedAt != nil {
			row.Used = *k.LastUsedAt
		}
		p.Rows = append(p.Rows, row)
	}
	m.d.Steps.Render(a.c, status, p)
	return nil
}

// name opens a passkey's name; one that does not open is no reason to show nothing.
func (m *Module) name(ctx context.Context, k *storage.Passkey) string {
	plain, err := m.d.Ring.Open(nameAt(k), k.Name)
	if err != nil {
		m.d.Logger.ErrorContext(ctx, "a passkey's name does not open", "passkey", k.ID.String(), "error", err)
		return k.ID.String()
	}
	return string(plain)
}

// signals tell the browser which passkeys count and what their person is called now.
func (m *Module) signals(a *attempt) web.PasskeySignals {
	name, identifier := m.d.Steps.Display(a.cur.Person)
	s := web.PasskeySignals{RPID: m.party.ID, User: encode(m.handle(a.cur.Person.ID)), Name: identifier, FullName: orElse(name, identifier)}
	for _, k := range a.owned {
		s.Accepted = append(s.Accepted, encode(k.CredentialID))
	}
	return s
}

// posted is an own form that is genuine, with the person's passkeys.
func (m *Module) posted(c *gin.Context, back string) (a *attempt, done bool, err error) {
	form, err := httpx.Form(c)
	if err != nil {
		return nil, false, err
	}
	a, done, err = m.own(c, back)
	if done || err != nil {
		return nil, done, err
	}
	a.form = form
	return a, false, m.d.Steps.CheckToken(c, purpose(a.cur), form)
}

// add keeps what the script made.
func (m *Module) add(c *gin.Context) error {
	a, done, err := m.posted(c, ownPath)
	if done || err != nil {
		return err
	}
	r := m.enrol(a)
	switch {
	case r == nil:
		return httpx.SeeOther(c, m.d.Steps.Link(ownPath, "done", "added"))
	case r.err != nil:
		return r.err
	}
	return m.page(a, http.StatusForbidden, r.problem, "")
}

// find is the passkey of the path, if it is the person's own.
func (m *Module) find(a *attempt) (*storage.Passkey, error) {
	id, err := storage.ParseID(a.c.Param("id"))
	if err == nil {
		for i := range a.owned {
			if a.owned[i].ID == id {
				return &a.owned[i], nil
			}
		}
	}
	return nil, errs.New(errs.NotFound, "")
}

// rename keeps a new name.
func (m *Module) rename(c *gin.Context) error {
	a, done, err := m.posted(c, ownPath)
	if done || err != nil {
		return err
	}
	k, err := m.find(a)
	if err != nil {
		return err
	}
	name := strings.TrimSpace(a.form.Get("name"))
	if name == "" || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return m.page(a, http.StatusBadRequest, web.ProblemPasskeyName, "")
	}
	ctx := c.Request.Context()
	ev := m.event(ctx, k, audit.PasskeyRename, audit.Info)
	if err := m.d.Store.RenamePasskey(ctx, k.Tenant, k.Person, k.ID, m.d.Ring.Seal(nameAt(k), []byte(name)), ev); err != nil {
		return err
	}
	return httpx.SeeOther(c, m.d.Steps.Link(ownPath, "done", "renamed"))
}

func (m *Module) event(ctx context.Context, k *storage.Passkey, typ, severity string) *storage.AuditEvent {
	return m.d.Audit.Row(ctx, k.Tenant, audit.Event{
		Type: typ, Severity: severity, ActorKind: audit.Person, Actor: k.Person.String(), Target: target(k.ID),
	})
}

// askRemove is the question before the removal. Who signed in too long ago, or too weakly, signs in again first.
func (m *Module) askRemove(c *gin.Context) error {
	back := ownPath + "/" + c.Param("id") + "/remove"
	if _, err := storage.ParseID(c.Param("id")); err != nil {
		return errs.New(errs.NotFound, "")
	}
	a, done, err := m.own(c, back)
	if done || err != nil {
		return err
	}
	k, err := m.find(a)
	switch {
	case err != nil:
		return err
	case !m.recent(a):
		return m.again(c, back)
	case !strong(a):
		return m.page(a, http.StatusForbidden, web.ProblemPasskeyStrong, "")
	}
	return m.removal(a, k, http.StatusOK, len(a.owned) == 1 && a.cur.Person.PasswordHash == "")
}

func (m *Module) removal(a *attempt, k *storage.Passkey, status int, last bool) error {
	token, err := m.d.Steps.Token(a.c, purpose(a.cur)+" "+k.ID.String())
	if err != nil {
		return err
	}
	m.d.Steps.Render(a.c, status, web.PasskeyRemovePage{
		Lang: m.d.Steps.Lang(a.c, nil), CSRF: token, ID: k.ID.String(), Name: m.name(a.c.Request.Context(), k), Last: last,
	})
	return nil
}

// remove ends a passkey. The last way to sign in stays: the database decides it (MF16).
func (m *Module) remove(c *gin.Context) error {
	form, err := httpx.Form(c)
	if err != nil {
		return err
	}
	a, done, err := m.own(c, ownPath)
	if done || err != nil {
		return err
	}
	k, err := m.find(a)
	if err != nil {
		return err
	}
	if err := m.d.Steps.CheckToken(c, purpose(a.cur)+" "+k.ID.String(), form); err != nil {
		return err
	}
	if r := m.judge("passkey removal", rules()[:2], a); r != nil {
		return m.page(a, http.StatusForbidden, r.problem, "")
	}
	ctx := c.Request.Context()
	err = m.d.Store.DeletePasskey(ctx, k.Tenant, k.Person, k.ID, m.event(ctx, k, audit.PasskeyRemove, audit.Notice))
	if errs.Is(err, errs.Forbidden) {
		return m.removal(a, k, http.StatusForbidden, true)
	}
	if err != nil {
		return err
	}
	return httpx.SeeOther(c, m.d.Steps.Link(ownPath, "done", "removed"))
}

// related is the document for other origins that may use the passkeys (section 5.11).
func (m *Module) related(c *gin.Context) error {
	httpx.WriteJSON(c, http.StatusOK, struct {
		Origins []string `json:"origins"`
	}{m.c.RelatedOrigins})
	return nil
}

func purpose(cur *session.Current) string { return "account passkeys " + cur.Session.ID.String() }
