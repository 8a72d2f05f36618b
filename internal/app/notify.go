package app

import (
	"context"
	"path/filepath"
	"sync"

	"github.com/jedan-auth/jedan-auth/internal/notify"
	"github.com/jedan-auth/jedan-auth/internal/outbox"
)

func (a *App) openNotify(context.Context) (err error) {
	a.Notify, err = notify.New(a.Config.Mail, a.Config.SMS, notify.Deps{Tenant: a.Tenant, Issuer: a.Config.Issuer, Store: a.DB, Ring: a.Ring, Now: a.Now})
	return err
}

// makeMessages makes a runner for mails and one for text messages: a mail server that hangs takes no worker from logouts, nor from text messages.
func (s *server) makeMessages() error {
	mails, folder, err := notify.NewMails(s.Config.Mail, notify.MailDeps{Pages: s.render, Issuer: s.issuer, Folder: filepath.Join(s.Config.Data, "mail"), Now: s.Now})
	if err != nil {
		return err
	}
	if folder != "" {
		s.Log.Info("no mail server is configured: mails are written into a folder and reach nobody", "folder", folder)
	}
	texts, err := notify.NewTexts(s.Config.SMS, notify.TextDeps{Pages: s.render, Issuer: s.issuer, Folder: filepath.Join(s.Config.Data, "sms"), Fetch: s.Fetch, Now: s.Now})
	if err != nil {
		return err
	}
	if err := s.addMessages(notify.MailKind, mails); err != nil || texts == nil {
		return err
	}
	return s.addMessages(notify.SMSKind, texts)
}

func (s *server) addMessages(kind string, h outbox.Handler) error {
	r, err := outbox.New(s.Config.Outbox, outbox.Deps{Store: s.DB, Ring: s.Ring, Meter: s.metrics, Log: s.Log, Now: s.Now}, map[string]outbox.Handler{kind: h})
	if err != nil {
		return err
	}
	s.Feed.Subscribe(r.Changed)
	s.messages = append(s.messages, r)
	return nil
}

func (s *server) runMessages(ctx context.Context, running *sync.WaitGroup) {
	for _, r := range s.messages {
		running.Go(func() { r.Run(ctx) })
	}
}

// wakeMessages looks for what other processes wrote and what is due again. The lag of all messages is measured by the runner of logouts.
func (s *server) wakeMessages(context.Context) error {
	for _, r := range s.messages {
		r.Wake()
	}
	return nil
}
