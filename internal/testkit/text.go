package testkit

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/app"
)

// Texting sends text messages into a folder.
func Texting(c *app.Config) { c.SMS.Provider, c.SMS.Countries = "file", []string{"DE", "HR"} }

// Texts are the text messages to a number, the oldest first, when everything that waits in the outbox has been delivered.
func (s *Server) Texts(to string) []string {
	s.T.Helper()
	s.delivered("sms")
	names, err := filepath.Glob(filepath.Join(s.App.Config.Data, "sms", "*.txt"))
	if err != nil {
		s.T.Fatal(err)
	}
	slices.Sort(names) // their ids are in the order of time
	var all []string
	for _, name := range names {
		raw, err := os.ReadFile(name) //nolint:gosec // G304: the test's own folder
		if err != nil {
			s.T.Fatal(err)
		}
		if body, found := strings.CutPrefix(string(raw), "To: "+to+"\n\n"); found {
			all = append(all, body)
		}
	}
	return all
}

// TextCode is the code of the newest text message to a number.
func (s *Server) TextCode(to string) string {
	s.T.Helper()
	all := s.Texts(to)
	if len(all) == 0 {
		s.T.Fatal("no text message")
	}
	return regexp.MustCompile(`^\d{6}`).FindString(all[len(all)-1])
}
