package testkit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

// Mail is one that the server wrote into its folder, as it does when no mail server is configured.
type Mail struct{ To, Subject, Text, HTML string }

// Link is the first link of the mail.
func (m Mail) Link() string { return regexp.MustCompile(`https?://\S+`).FindString(m.Text) }

// Code is the code of the mail, or "".
func (m Mail) Code() string {
	return strings.TrimSpace(regexp.MustCompile(`(?m)^ {4}\d{6}$`).FindString(m.Text))
}

// Mails are the mails to an address, the oldest first, when everything that waits in the outbox has been delivered.
func (s *Server) Mails(to string) []Mail {
	s.T.Helper()
	s.delivered("mail")
	names, err := filepath.Glob(filepath.Join(s.App.Config.Data, "mail", "*.eml"))
	if err != nil {
		s.T.Fatal(err)
	}
	slices.Sort(names) // their ids are in the order of time
	var all []Mail
	for _, name := range names {
		raw, err := os.ReadFile(name) //nolint:gosec // G304: the test's own folder
		if err != nil {
			s.T.Fatal(err)
		}
		m, err := readMail(raw)
		if err != nil {
			s.T.Fatal(err)
		}
		if m.To == to {
			all = append(all, m)
		}
	}
	return all
}

// Mail is the newest mail to an address.
func (s *Server) Mail(to string) Mail {
	s.T.Helper()
	all := s.Mails(to)
	if len(all) == 0 {
		s.T.Fatal("no mail")
	}
	return all[len(all)-1]
}

// delivered waits until nothing of the kind is left to deliver.
func (s *Server) delivered(kind string) {
	s.T.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		waiting, err := s.App.DB.Outbox(context.Background(), s.App.Tenant, storage.OutboxFilter{Kind: kind, State: storage.OutboxWaiting})
		if err != nil {
			s.T.Fatal(err)
		}
		if len(waiting) == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.T.Fatal("a message is not delivered: ", waiting[0].Status)
		}
	}
}

func readMail(raw []byte) (Mail, error) {
	in, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, err
	}
	to, err := mail.ParseAddress(in.Header.Get("To"))
	if err != nil {
		return Mail{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(in.Header.Get("Subject"))
	if err != nil {
		return Mail{}, err
	}
	out := Mail{To: to.Address, Subject: subject}
	_, params, err := mime.ParseMediaType(in.Header.Get("Content-Type"))
	if err != nil {
		return Mail{}, err
	}
	parts := multipart.NewReader(in.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return Mail{}, err
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return Mail{}, err
		}
		text := strings.ReplaceAll(string(body), "\r\n", "\n")
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			out.HTML = text
		} else {
			out.Text = text
		}
	}
}
