package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds what is read of one answer; a module's log with its pages is the largest, at a few MiB.
const maxAnswer = 64 << 20

// SuiteInfo is what the suite says of itself.
type SuiteInfo struct {
	Version   string `json:"version"`
	Revision  string `json:"revision"`
	Tag       string `json:"tag"`
	BuildTime string `json:"build_time"`
}

// suiteModule is one entry of a created plan: a module and the variant that the plan runs it with.
type suiteModule struct {
	Name    string            `json:"testModule"`
	Variant map[string]string `json:"variant"`
}

// moduleInfo is the suite's record of a module that was started.
type moduleInfo struct {
	Status string `json:"status"`
	Result string `json:"result"`
}

// statusError is an answer of the suite with a status that was not wanted.
type statusError struct {
	what   string
	status int
	detail string
}

// Error names the call, the status and the suite's own words.
func (e *statusError) Error() string {
	if e.detail == "" {
		return fmt.Sprintf("%s: the suite answered %d", e.what, e.status)
	}
	return fmt.Sprintf("%s: the suite answered %d: %s", e.what, e.status, e.detail)
}

// suite speaks the REST API of a running suite in developer mode, which asks for no login.
type suite struct {
	base string
	http *http.Client
}

func (s suite) info(ctx context.Context) (SuiteInfo, error) {
	var out SuiteInfo
	err := s.json(ctx, call{what: "ask the suite's version", method: http.MethodGet, path: "/api/server", want: http.StatusOK}, &out)
	return out, err
}

func (s suite) createPlan(ctx context.Context, name string, variant map[string]string, config []byte) (string, []suiteModule, error) {
	v, err := json.Marshal(variant)
	if err != nil {
		return "", nil, fmt.Errorf("encode the variant of %s: %w", name, err)
	}
	var out struct {
		ID      string        `json:"id"`
		Modules []suiteModule `json:"modules"`
	}
	err = s.json(ctx, call{
		what: "create plan " + name, method: http.MethodPost, path: "/api/plan",
		query: url.Values{"planName": {name}, "variant": {string(v)}}, body: config, want: http.StatusCreated,
	}, &out)
	if err == nil && (out.ID == "" || len(out.Modules) == 0) {
		err = fmt.Errorf("create plan %s: the suite answered without modules", name)
	}
	return out.ID, out.Modules, err
}

func (s suite) createModule(ctx context.Context, plan string, m suiteModule) (string, error) {
	v, err := json.Marshal(m.Variant)
	if err != nil {
		return "", fmt.Errorf("encode the variant of %s: %w", m.Name, err)
	}
	var out struct {
		ID string `json:"id"`
	}
	err = s.json(ctx, call{
		what: "start " + m.Name, method: http.MethodPost, path: "/api/runner",
		query: url.Values{"test": {m.Name}, "plan": {plan}, "variant": {string(v)}}, want: http.StatusCreated,
	}, &out)
	if err == nil && out.ID == "" {
		err = fmt.Errorf("start %s: the suite answered without an id", m.Name)
	}
	return out.ID, err
}

// waitForEnd returns the module's status once it has ended, or "" when it had not after that long.
func (s suite) waitForEnd(ctx context.Context, id string, atMost time.Duration) (string, error) {
	return s.waitFor(ctx, id, "FINISHED,INTERRUPTED", atMost)
}

// waitForSetUp is waitForEnd for the moment when a module that does not start by itself has read its configuration.
func (s suite) waitForSetUp(ctx context.Context, id string, atMost time.Duration) (string, error) {
	return s.waitFor(ctx, id, "CONFIGURED,FINISHED,INTERRUPTED", atMost)
}

func (s suite) waitFor(ctx context.Context, id, states string, atMost time.Duration) (string, error) {
	var out struct {
		State   string `json:"state"`
		Timeout bool   `json:"timeout"`
	}
	err := s.json(ctx, call{
		what: "wait for " + id, method: http.MethodGet, path: "/api/runner/" + url.PathEscape(id) + "/wait-state",
		query: url.Values{"states": {states}, "timeoutMs": {strconv.FormatInt(atMost.Milliseconds(), 10)}},
		want:  http.StatusOK,
	}, &out)
	var refused *statusError
	if errors.As(err, &refused) && refused.status == http.StatusNotFound {
		// The suite forgets modules that ended; its record of them stays.
		return s.endedStatus(ctx, id)
	}
	if err != nil || out.Timeout {
		return "", err
	}
	return out.State, nil
}

// start begins a module that waits for it.
func (s suite) start(ctx context.Context, id string) error {
	_, err := s.do(ctx, call{what: "start " + id, method: http.MethodPost, path: "/api/runner/" + url.PathEscape(id), want: http.StatusOK})
	return err
}

func (s suite) endedStatus(ctx context.Context, id string) (string, error) {
	info, err := s.moduleInfo(ctx, id)
	if err != nil {
		return "", err
	}
	if info.Status != "FINISHED" && info.Status != "INTERRUPTED" {
		return "", fmt.Errorf("module %s was lost by the suite while %s", id, info.Status)
	}
	return info.Status, nil
}

// unvisited returns URLs that the suite wants opened and that no step of the configuration matches. It waits for a person
// to open them, so a module with one never ends.
func (s suite) unvisited(ctx context.Context, id string) ([]string, error) {
	var out struct {
		URLs []string `json:"urls"`
	}
	err := s.json(ctx, call{
		what: "look at the browser of " + id, method: http.MethodGet, path: "/api/runner/browser/" + url.PathEscape(id), want: http.StatusOK,
	}, &out)
	return out.URLs, err
}

func (s suite) stop(ctx context.Context, id string) error {
	_, err := s.do(ctx, call{what: "stop " + id, method: http.MethodDelete, path: "/api/runner/" + url.PathEscape(id), want: http.StatusOK})
	return err
}

func (s suite) moduleInfo(ctx context.Context, id string) (moduleInfo, error) {
	var out moduleInfo
	err := s.json(ctx, call{what: "ask the result of " + id, method: http.MethodGet, path: "/api/info/" + url.PathEscape(id), want: http.StatusOK}, &out)
	return out, err
}

// moduleLog returns the log's bytes as the suite sent them: their hash is in the report.
func (s suite) moduleLog(ctx context.Context, id string) ([]byte, error) {
	return s.do(ctx, call{what: "fetch the log of " + id, method: http.MethodGet, path: "/api/log/" + url.PathEscape(id), want: http.StatusOK})
}

// call is one request to the suite.
type call struct {
	what   string
	method string
	path   string
	query  url.Values
	body   []byte
	want   int
}

func (s suite) json(ctx context.Context, c call, into any) error {
	raw, err := s.do(ctx, c)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: the suite's answer is not the expected JSON: %w", c.what, err)
	}
	return nil
}

func (s suite) do(ctx context.Context, c call) (raw []byte, err error) {
	target := s.base + c.path
	if len(c.query) > 0 {
		target += "?" + c.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, c.method, target, bytes.NewReader(c.body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.what, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	res, err := s.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.what, err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	raw, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%s: read the answer: %w", c.what, err)
	}
	if len(raw) > maxAnswer {
		return nil, fmt.Errorf("%s: the answer is larger than %d bytes", c.what, maxAnswer)
	}
	if res.StatusCode != c.want {
		return nil, &statusError{what: c.what, status: res.StatusCode, detail: errorDetail(raw)}
	}
	return raw, nil
}

// errorDetail takes the one member that the suite explains itself in. The rest of a body may repeat our configuration.
func errorDetail(raw []byte) string {
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(raw, &body) != nil {
		return ""
	}
	return strings.TrimSpace(body.Error)
}
