package notify

import (
	"bytes"
	"context"
	"os"
	"path/filepath"

	"github.com/wneessen/go-mail"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/storage"
)

// fileTransport writes mails into a folder, for development: each whole or not at all.
type fileTransport struct{ folder string }

func (t fileTransport) send(_ context.Context, id storage.ID, m *mail.Msg) error {
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return errs.Wrap(errs.Internal, "The mail cannot be written.", err)
	}
	return writeFile(t.folder, id.String()+".eml", b.Bytes())
}

func writeFile(folder, name string, data []byte) error {
	err := os.MkdirAll(folder, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "."+name), data, 0o600)
	}
	if err == nil {
		err = os.Rename(filepath.Join(folder, "."+name), filepath.Join(folder, name))
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, "The message cannot be written into its folder.", err)
	}
	return nil
}
