package testkit

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Get asks without cookies and follows nothing; a path is below the issuer. Header holds name and value pairs.
func (s *Server) Get(to string, header ...string) *Answer {
	s.T.Helper()
	return s.Raw(http.MethodGet, to, "", header...)
}

// Raw sends one request with exactly this body and follows nothing.
func (s *Server) Raw(method, to, body string, header ...string) *Answer {
	s.T.Helper()
	return s.Do(s.request(method, to, body, header))
}

func (s *Server) request(method, to, body string, header []string) *http.Request {
	s.T.Helper()
	if strings.HasPrefix(to, "/") {
		to = s.URL + to
	}
	req, err := http.NewRequest(method, to, strings.NewReader(body))
	if err != nil {
		s.T.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header[http.CanonicalHeaderKey(header[i])] = append(req.Header[http.CanonicalHeaderKey(header[i])], header[i+1])
	}
	return req
}

// Raw sends one request with the browser's cookies and follows nothing.
func (b *Browser) Raw(method, to, body string, header ...string) *Answer {
	b.s.T.Helper()
	return send(b.s, b.HTTP, b.s.request(method, to, body, header))
}

// SubmitRaw sends the page's first form like Submit, and returns the answer itself.
func (p *Page) SubmitRaw(values ...string) *Answer {
	p.b.s.T.Helper()
	action, form := p.Form(values...)
	to, err := p.URL.Parse(action)
	if err != nil {
		p.b.s.T.Fatal(err)
	}
	return p.b.Raw(http.MethodPost, to.String(), form.Encode(), "Content-Type", FormType, "Origin", p.b.s.URL)
}

// FormType is the media type of forms.
const FormType = "application/x-www-form-urlencoded"

// Location is where the answer leads; the zero URL when nowhere.
func (a *Answer) Location() *url.URL {
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil {
		return &url.URL{}
	}
	return to
}

func send(s *Server, c *http.Client, req *http.Request) *Answer {
	s.T.Helper()
	resp, err := c.Do(req)
	if err != nil {
		s.T.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.T.Fatal(err)
	}
	a := &Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(body)}
	_ = json.Unmarshal(body, &a.JSON) // not every answer is JSON
	return a
}
