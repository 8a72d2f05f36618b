package modules

import (
	"net/http"
	"testing"
)

// oidcc-registration-sector-uri and -sector-bad, and JW18's other lists.
func TestOIDCC_RegistrationSector(t *testing.T) {
	s := newSite(t)
	w := alone(t, anybody, s.reachable)
	callback := "https://suite.test/test/a/alias/callback"
	good := s.json("/redirect_uris.json", []string{callback, "https://other.test/cb"})
	pairwise := func(uri string, redirects ...string) object {
		return object{"subject_type": "pairwise", "sector_identifier_uri": uri, "redirect_uris": redirects, "grant_types": []string{"authorization_code", "refresh_token"}}
	}
	a, b := w.enrol("", pairwise(good, callback)), w.enrol("", pairwise(good, callback, "https://other.test/cb"))
	if a.Text("sector_identifier_uri") != good || a.Text("subject_type") != "pairwise" {
		t.Errorf("answer %s", a.Body)
	}
	elsewhere := w.enrol("", object{"subject_type": "pairwise", "grant_types": []string{"authorization_code", "refresh_token"}})
	subA, subB, subC := w.everywhere(w.rpOf(a))[0], w.everywhere(w.rpOf(b))[0], w.everywhere(w.rpOf(elsewhere))[0]
	if subA != subB || subA == subC || subA == w.person.Subject {
		t.Error("subjects do not go by sector")
	}
	for name, bad := range map[string]object{
		"another list": pairwise(s.json("/bad", []string{"https://example.com/op"}), callback), "one is missing": pairwise(good, callback, "https://third.test/cb"), "no list": pairwise(s.json("/object", object{"a": 1}), callback),
		"redirecting": pairwise(s.page("/away", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/redirect_uris.json", http.StatusFound)
		}), callback),
		"absent": pairwise(s.URL+"/none", callback), "http": pairwise("http://suite.test/redirect_uris.json", callback), "two hosts": {"subject_type": "pairwise", "redirect_uris": []string{callback, "https://other.test/cb"}},
		"inside": pairwise("https://10.0.0.1/redirect_uris.json", callback), "loopback by another name": pairwise("https://[::1]/x", callback),
	} {
		if a := w.send("POST", "/oauth2/register", "", registration(bad)); a.Status != 400 || a.Text("error") != "invalid_client_metadata" {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
}
