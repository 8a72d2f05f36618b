package httpx

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// Form is the request's body as application/x-www-form-urlencoded, and nothing
// else: 415 for another type, 413 for a body over the guard's limit, 400 for what
// is not UTF-8, has a NUL, too many parameters, or one parameter twice, in the
// body or in body and query together (RFC 6749 §3.1, §3.2). repeatable names the
// parameters that may occur more than once (RFC 8707 §2's resource).
//
// It reads once and remembers, and sets Request.Form and PostForm to the result,
// so that no library parses the body by laxer rules.
func Form(c *gin.Context, repeatable ...string) (url.Values, error) {
	st := stateOf(c.Request.Context())
	if st == nil {
		return readForm(c.Request, repeatable)
	}
	if !st.parsed {
		st.form, st.formErr = readForm(c.Request, repeatable)
		st.parsed = true
	}
	return st.form, st.formErr
}

func readForm(r *http.Request, repeatable []string) (url.Values, error) {
	if !isForm(r.Header) {
		return nil, errs.New(errs.UnsupportedMediaType, "Send application/x-www-form-urlencoded.")
	}
	body, err := readBody(r)
	if err != nil {
		return nil, bodyError(err)
	}
	form, err := parse(string(body), repeatable)
	if err != nil {
		return nil, err
	}
	if err := disjoint(form, r.URL.RawQuery, repeatable); err != nil {
		return nil, err
	}
	r.Form, r.PostForm = form, form
	return form, nil
}

// trustedLength is up to what length memory is set aside before a body has come.
const trustedLength = 4 << 10

func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength < 0 || r.ContentLength > trustedLength {
		return io.ReadAll(r.Body)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

func bodyError(err error) error {
	if e := translate(err); errs.Is(e, errs.TooLarge) {
		return e
	}
	return errs.Wrap(errs.Invalid, "The request's body could not be read.", err)
}

func disjoint(form url.Values, rawQuery string, repeatable []string) error {
	if rawQuery == "" {
		return nil
	}
	query, err := parseQuery(rawQuery, repeatable)
	if err != nil {
		return err
	}
	for name := range query {
		if form.Has(name) {
			return twice(name)
		}
	}
	return nil
}

// Query is the request's query by the same rules as Form.
func Query(c *gin.Context, repeatable ...string) (url.Values, error) {
	return parseQuery(c.Request.URL.RawQuery, repeatable)
}

func parseQuery(raw string, repeatable []string) (url.Values, error) {
	if err := checkQuerySize(raw); err != nil {
		return nil, err
	}
	return parse(raw, repeatable)
}

func parse(raw string, repeatable []string) (url.Values, error) {
	if strings.Count(raw, "&") >= MaxKeys {
		return nil, errs.New(errs.Invalid, "There are too many parameters.")
	}
	values := make(url.Values, strings.Count(raw, "&")+1)
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, err := parsePair(pair)
		if err != nil {
			return nil, err
		}
		if values.Has(name) && !slices.Contains(repeatable, name) {
			return nil, twice(name)
		}
		values[name] = append(values[name], value)
	}
	return values, nil
}

func parsePair(pair string) (name, value string, err error) {
	rawName, rawValue, _ := strings.Cut(pair, "=")
	if name, err = unescape(rawName); err != nil {
		return "", "", err
	}
	if name == "" {
		return "", "", errs.New(errs.Invalid, "A parameter has no name.")
	}
	value, err = unescape(rawValue)
	return name, value, err
}

// unescape decodes one half of a pair. A raw ";" is refused because parsers
// disagree about it.
func unescape(s string) (string, error) {
	out := s
	var err error
	if strings.IndexByte(s, '%') >= 0 || strings.IndexByte(s, '+') >= 0 { // else there is nothing to decode
		out, err = url.QueryUnescape(s)
	}
	if err != nil || strings.Contains(s, ";") {
		return "", errs.New(errs.Invalid, "A parameter is not encoded correctly.")
	}
	if !utf8.ValidString(out) || strings.IndexByte(out, 0) >= 0 {
		return "", errs.New(errs.Invalid, "A parameter is not valid text.")
	}
	return out, nil
}

// twice names the parameter, never a value, and only if the name looks like one.
func twice(name string) error {
	if !plainName(name) {
		return errs.New(errs.Invalid, "A parameter is given more than once.")
	}
	return errs.New(errs.Invalid, fmt.Sprintf("The parameter %q is given more than once.", name))
}

func plainName(s string) bool {
	if len(s) > 64 {
		return false
	}
	for i := range len(s) {
		b := s[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' && b != '_' && b != '.' {
			return false
		}
	}
	return true
}
