package federation

import (
	"context"
	"errors"
	"log/slog"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Typed is somebody whom a directory knows by the name and the password that were typed here.
type Typed struct {
	m    *Module
	from *Ready
	id   *Identity
	name storage.ID
}

// directories are the connectors that take passwords, for an application, in the order in which they are asked: the oldest first.
func (m *Module) directories(ctx context.Context, clientID string) ([]*Ready, error) {
	all, err := m.d.Registry.all.Get(ctx)
	if err != nil {
		return nil, err
	}
	var out []*Ready
	for _, r := range all {
		if _, takes := r.Connector.(PasswordChecker); takes && r.Settings.Serves(clientID) {
			out = append(out, r)
		}
	}
	return out, nil
}

// TakesPasswords says that a directory may know people of the application by their password.
func (m *Module) TakesPasswords(ctx context.Context, clientID string) (bool, error) {
	all, err := m.directories(ctx, clientID)
	return len(all) > 0, err
}

// CheckPassword asks the directories in turn. The first that knows the name decides: a password is never tried at a second one. A *Refusal says no;
// errs.Unavailable that one which did not answer might have said yes.
func (m *Module) CheckPassword(ctx context.Context, clientID string, typed Credentials) (*Typed, error) {
	all, err := m.directories(ctx, clientID)
	if err != nil {
		return nil, err
	}
	var last error = &Refusal{Check: "directory.some", Expected: "a directory", Received: "none", Reason: ReasonUnknown}
	for _, r := range all {
		checker, _ := r.Connector.(PasswordChecker)
		id, err := checker.CheckPassword(ctx, typed)
		if err == nil {
			return &Typed{m: m, from: r, id: id, name: typed.Name}, nil
		}
		var no *Refusal
		if errors.As(err, &no) {
			m.d.Log.InfoContext(ctx, "a directory refused", slog.String("connector", r.Row.Name), slog.String("check", no.Check))
			if no.Reason != ReasonUnknown {
				return nil, here(r, no)
			}
			if errs.Is(last, errs.Unavailable) {
				continue
			}
		} else if !errs.Is(err, errs.Unavailable) {
			return nil, err
		} else {
			m.d.Log.WarnContext(ctx, "a directory did not answer", slog.String("connector", r.Row.Name), slog.Any("error", err))
		}
		last = err
	}
	return nil, last
}

// here says of a password that must be changed whether it can be on our page.
func here(r *Ready, no *Refusal) error {
	changer, ok := r.Connector.(PasswordChanger)
	if !ok || no.Reason != ReasonMustChange || !changer.ChangesPasswords() {
		return no
	}
	out := *no
	out.Reason = ReasonChangeHere
	return &out
}

// ChangePassword replaces the typed password at the first directory that knows the name. Errors are those of CheckPassword; ReasonPolicy says that next is not taken.
func (m *Module) ChangePassword(ctx context.Context, clientID string, typed Credentials, next string) error {
	all, err := m.directories(ctx, clientID)
	if err != nil {
		return err
	}
	var last error = &Refusal{Check: "directory.changes", Expected: "a directory whose passwords are changed here", Received: "none", Reason: ReasonUnknown}
	for _, r := range all {
		changer, ok := r.Connector.(PasswordChanger)
		if !ok || !changer.ChangesPasswords() {
			continue
		}
		err := changer.ChangePassword(ctx, typed, next)
		var no *Refusal
		if !errors.As(err, &no) || no.Reason != ReasonUnknown {
			return err
		}
		last = err
	}
	return last
}

// SignIn goes on as after any upstream's word: the person is known, made, asked to prove an account, or refused.
func (t *Typed) SignIn(c *gin.Context, sealed string) error {
	return t.m.identified(c, &trip{Connector: t.from.Row.ID, Flow: sealed, Began: t.m.d.Now(), Method: methodPassword, Name: t.name}, t.from, t.id)
}
