package httpx

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

func newRequest(w *world, method, target string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host = w.cfg.Issuer.Host
	return r
}

func serveRecorded(w *world, r *http.Request) int {
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec.Code
}

func TestFormTypes(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, nil)
	for contentType, status := range map[string]int{
		"application/x-www-form-urlencoded":                         200,
		"application/x-www-form-urlencoded; charset=UTF-8":          200,
		"Application/X-WWW-Form-Urlencoded;charset=utf-8":           200,
		"application/x-www-form-urlencoded; charset=iso-8859-1":     415,
		"application/x-www-form-urlencoded; charset=utf-7":          415,
		"application/x-www-form-urlencoded; boundary=x":             415,
		"application/x-www-form-urlencoded, application/json":       415,
		"multipart/form-data; boundary=x":                           415,
		"application/json":                                          415,
		"text/plain":                                                415,
		"":                                                          415,
		"application/x-www-form-urlencoded; charset=utf-8; charset": 415,
	} {
		resp := w.ask("POST", "/oauth2/token", "a=1", "Content-Type: "+contentType)
		if resp.StatusCode != status {
			t.Errorf("%q: %d", contentType, resp.StatusCode)
		}
	}
	wantStatus(t, w.ask("POST", "/oauth2/token", "a=1"), 415)
	wantStatus(t, w.ask("POST", "/oauth2/token", "a=1", formType, formType), 415)
	wantStatus(t, w.ask("POST", "/oauth2/token", "", formType), 200)
}

// AZ08 and RFC 6749 §3.1: a parameter is given once, wherever it is given.
func TestFormContents(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, nil)
	for body, want := range map[string]string{
		"a=1&b=2":                   `{"a":["1"],"b":["2"]}`,
		"a=&b":                      `{"a":[""],"b":[""]}`,
		"&&a=1&":                    `{"a":["1"]}`,
		"a=b=c":                     `{"a":["b=c"]}`,
		"a=%C3%A9":                  `{"a":["é"]}`,
		"code=1&code=2":             `The parameter \"code\" is given more than once.`,
		"code=1&code=1":             `The parameter \"code\" is given more than once.`,
		"code=&%63ode=1":            `The parameter \"code\" is given more than once.`,
		"%3Cscript%3E&%3Cscript%3E": `A parameter is given more than once.`,
		"a=%ff":                     "not valid text",
		"%ff=a":                     "not valid text",
		"a=%00":                     "not valid text",
		"a=%":                       "not encoded correctly",
		"a=%zz":                     "not encoded correctly",
		"a=1;b=2":                   "not encoded correctly",
		"=1":                        "no name",
	} {
		resp := w.ask("POST", "/oauth2/token", body, formType)
		got := bodyOf(t, resp)
		if !strings.Contains(got, want) || (resp.StatusCode == 200) != strings.HasPrefix(want, "{") {
			t.Errorf("%q: %d %s", body, resp.StatusCode, got)
		}
	}
	for query, status := range map[string]int{"b=2": 200, "a=2": 400, "%61=2": 400, "b=%ff": 400, "b=1&b=2": 400} {
		wantStatus(t, w.ask("POST", "/oauth2/token?"+query, "a=1", formType), status)
	}
}

func TestDuplicatesNameNoValue(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, nil)
	resp := w.ask("POST", "/oauth2/token", "code="+canary+"&code="+canary, formType)
	if strings.Contains(bodyOf(t, resp)+w.log.String(), canary) {
		t.Error("a value got out")
	}
}

func TestRepeatableParameters(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) {
		r.Handle("POST", "/multi", API, func(c *gin.Context) error {
			form, err := Form(c, "resource")
			if err != nil {
				return err
			}
			again, err := Form(c, "resource")
			if err != nil || !reflect.DeepEqual(form, again) || !reflect.DeepEqual(c.Request.PostForm, form) || !reflect.DeepEqual(c.Request.Form, form) {
				t.Errorf("a second look differs: %v %v", again, err)
			}
			if err := c.Request.ParseForm(); err != nil || !reflect.DeepEqual(c.Request.Form, form) {
				t.Errorf("a library sees other values: %v %v", c.Request.Form, err)
			}
			WriteJSON(c, 200, form)
			return nil
		})
		r.Handle("GET", "/query", API, func(c *gin.Context) error {
			query, err := Query(c, "resource")
			if err != nil {
				return err
			}
			WriteJSON(c, 200, query)
			return nil
		})
	})
	if got := bodyOf(t, w.ask("POST", "/multi?x=1", "resource=a&resource=b", formType)); got != `{"resource":["a","b"]}` {
		t.Errorf("%s", got)
	}
	wantStatus(t, w.ask("POST", "/multi", "resource=a&scope=a&scope=b", formType), 400)
	if got := bodyOf(t, w.ask("GET", "/query?resource=a&resource=b&c=d", "")); got != `{"c":["d"],"resource":["a","b"]}` {
		t.Errorf("%s", got)
	}
	wantStatus(t, w.ask("GET", "/query?c=d&c=d", ""), 400)
}

type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	e.read += int64(len(p))
	return len(p), nil
}

// DS04: a gigabyte is refused by its length, or after the limit where it hides it.
func TestLargeBodies(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) { r.Handle("POST", "/big", API.MaxBody(1<<20), formEcho) })
	for _, declared := range []int64{1 << 30, -1} {
		for path, limit := range map[string]int64{"/oauth2/token": DefaultMaxBody, "/big": 1 << 20} {
			src := &endless{}
			r := newRequest(w, "POST", path)
			r.Body, r.ContentLength = io.NopCloser(src), declared
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			rec := httptest.NewRecorder()
			w.handler.ServeHTTP(rec, r)
			if rec.Code != 413 || rec.Header().Get("Connection") != "close" {
				t.Errorf("%s declared %d: %d %v", path, declared, rec.Code, rec.Header())
			}
			if src.read > 2*limit+4096 || declared > 0 && src.read != 0 {
				t.Errorf("%s declared %d: read %d bytes", path, declared, src.read)
			}
		}
	}
	wantStatus(t, w.ask("POST", "/oauth2/token", "a="+strings.Repeat("x", DefaultMaxBody-2), formType), 200)
	wantStatus(t, w.ask("POST", "/oauth2/token", "a="+strings.Repeat("x", DefaultMaxBody-1), formType), 413)
	wantStatus(t, w.ask("POST", "/page", "a="+strings.Repeat("x", DefaultMaxBody), formType, fromUs), 413)
}

func TestCompressedBodiesAreRefused(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte("a=1")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, "https://id.test", nil, nil)
	for _, encoding := range []string{"gzip", "deflate", "br", "zstd", "identity, gzip", ""} {
		wantStatus(t, w.ask("POST", "/oauth2/token", packed.String(), formType, "Content-Encoding: "+encoding), 415)
	}
	wantStatus(t, w.ask("POST", "/oauth2/token", "a=1", formType, "Content-Encoding: identity"), 200)
}

// DS05: floods of parameters are refused before anything is allocated for them.
func TestParameterFloods(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, func(r Router) { r.Handle("POST", "/big", API.MaxBody(64<<20), formEcho) })
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "k%d=&", i)
		}
		return strings.TrimSuffix(b.String(), "&")
	}
	flood := keys(1_000_000)
	wantStatus(t, w.ask("POST", "/big", flood, formType), 400)
	wantStatus(t, w.ask("POST", "/oauth2/token", flood, formType), 413)
	wantStatus(t, w.ask("GET", "/page?"+keys(100_000), ""), 400)
	wantStatus(t, w.ask("GET", "/page?"+keys(MaxKeys), ""), 200)
	wantStatus(t, w.ask("GET", "/page?"+keys(MaxKeys+1), ""), 400)
	wantStatus(t, w.ask("GET", "/page?a="+strings.Repeat("x", MaxQuery), ""), 400)
	wantStatus(t, w.ask("POST", "/oauth2/token", keys(MaxKeys), formType), 200)
	wantStatus(t, w.ask("POST", "/oauth2/token", keys(MaxKeys+1), formType), 400)
	wantStatus(t, w.ask("GET", "/"+strings.Repeat("x", MaxPath), ""), 400)

	r := newRequest(w, "GET", "/page?"+keys(1000))
	rec := httptest.NewRecorder()
	if n := testing.AllocsPerRun(20, func() { w.handler.ServeHTTP(rec, r) }); n > 120 {
		t.Errorf("refusing a flood took %v allocations", n)
	}
}

func TestPathsThatAreNotText(t *testing.T) {
	w := newWorld(t, "https://id.test", nil, nil)
	for _, path := range []string{"/page%00", "/%ff", "/page/%00"} {
		wantStatus(t, w.ask("GET", path, ""), 400)
	}
	// An encoded spelling is another path, so that a proxy's rule cannot be walked around.
	for _, path := range []string{"/%70age", "/oauth2%2ftoken", "/page%2f", "//page", "/./page", "/x/../page"} {
		wantStatus(t, w.ask("GET", path, ""), 404)
	}
}

func FuzzForm(f *testing.F) {
	for _, seed := range []string{"", "a=1&b=2", "a=%ff", "a=1&a=2", "a;b", "%", "=", "&&&", "resource=a&resource=b", "a+b=c+d", "a=%00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := parse(raw, []string{"resource"})
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		// What we accept, the standard library reads in the same way.
		want, err := url.ParseQuery(raw)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %v, %v (%v)", raw, got, want, err)
		}
		for name, values := range got {
			if len(values) > 1 && name != "resource" {
				t.Fatalf("%q: %q twice", raw, name)
			}
		}
		if len(got) > MaxKeys {
			t.Fatalf("%d keys", len(got))
		}
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("a=1&b=%20")
	f.Add("redirect_uri=https%3A%2F%2Fapp.test%2Fcb&resource=a&resource=b")
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := parseQuery(raw, []string{"resource"})
		if err != nil {
			return
		}
		again, err := parseQuery(got.Encode(), []string{"resource"})
		if len(got.Encode()) <= MaxQuery && (err != nil || !reflect.DeepEqual(got, again)) {
			t.Fatalf("%q: %v, again %v (%v)", raw, got, again, err)
		}
	})
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "//evil", "/%2f", "/\\x", "/a?b=c"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://id.test/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got, ok := LocalPath(target)
		if !ok {
			return
		}
		ref, err := url.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		if u := base.ResolveReference(ref); u.Scheme != "https" || u.Host != "id.test" || u.User != nil {
			t.Fatalf("%q leads to %s", target, u)
		}
		if strings.ContainsAny(got, "\r\n\t\\") || strings.HasPrefix(got, "//") {
			t.Fatalf("%q", got)
		}
	})
}
