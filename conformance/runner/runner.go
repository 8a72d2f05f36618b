package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jedan-auth/jedan-auth/conformance/expected"
	"github.com/jedan-auth/jedan-auth/conformance/plans"
)

// ErrUnexpected is returned by Run when everything ran but some module ended otherwise than expected. The report has been
// written and says which.
var ErrUnexpected = errors.New("the conformance suite found something")

// Provider is the server under test, as its operator has it.
type Provider interface {
	// CreateClient takes metadata in RFC 7591 names and returns the new client's identifier, and its secret if it has one.
	CreateClient(ctx context.Context, metadata json.RawMessage) (id, secret string, err error)
	// InitialAccessToken returns a token that lets the suite register clients while the run lasts (RFC 7591 section 3).
	InitialAccessToken(ctx context.Context) (string, error)
	// CreateResource registers a protected resource whose tokens a client may introspect (RFC 8707, RFC 7662).
	CreateResource(ctx context.Context, identifier, scope, owner string) error
	// RotateKeys makes new signing keys, of the types RSA and EC only, and publishes them.
	RotateKeys(ctx context.Context) error
}

// Config says what is tested against what. The zero value of a duration or count takes its default.
type Config struct {
	// Suite is the running suite's base URL, such as https://localhost:8443.
	Suite string
	// Issuer is the provider's issuer identifier; discovery is fetched under it.
	Issuer string
	// Username and Password belong to the one person that the suite's browser signs in. They have every standard claim.
	Username string
	Password string
	// Resource is the address of a protected resource, for plans whose access tokens are not for the UserInfo endpoint. Empty: the run
	// opens one of its own on localhost, which a suite on the same machine reaches.
	Resource string
	// Commit names the provider's build in the report.
	Commit string
	// Server is the provider's configuration, for the report; secrets are taken out of it.
	Server json.RawMessage
	// Modules, if not empty, limits the run to modules of these names. The report says that it is partial.
	Modules []string
	// ReportDir is where report.json and report.md go; empty writes none.
	ReportDir string
	// Keep leaves the plans that this run does not have in the report that is in ReportDir already.
	Keep bool
	// LogDir keeps each module's log as the suite gave it; empty keeps none. Logs hold secrets: files are 0600.
	LogDir string
	// ModuleTimeout ends a module that takes longer (4 minutes: some wait for 30 s twice).
	ModuleTimeout time.Duration
	// Wait is how long one request waits for a module's end (10 s, at most 30 s).
	Wait time.Duration
	// Poll is the pause between two such requests (200 ms).
	Poll time.Duration
	// Parallel is how many plans run at once (1). Modules of one plan never do: they share redirect URIs.
	Parallel int
}

// Deps are what a run uses beside its configuration.
type Deps struct {
	Provider Provider
	// HTTP reaches the suite; NewHTTPClient makes one that accepts its certificate on loopback.
	HTTP *http.Client
	// Public reaches the provider at its issuer.
	Public *http.Client
	// Progress is called with one line a module, and for each finding of an unexpected one; never two at a time.
	Progress func(line string)
	Now      func() time.Time
	// Pause returns after d, or earlier with the context's error.
	Pause func(ctx context.Context, d time.Duration) error
}

// Runner runs plans.
type Runner struct {
	config Config
	deps   Deps
	suite  suite
	rules  expected.Rules
	say    func(string)
}

// New checks the configuration and loads what is expected.
func New(c Config, d Deps) (*Runner, error) {
	if d.Provider == nil {
		return nil, errors.New("conformance runner: every dependency must be given")
	}
	if c.Username == "" || c.Password == "" {
		return nil, errors.New("the test person's username and password must be given")
	}
	return prepare(c, d)
}

// prepare does what both sides need.
func prepare(c Config, d Deps) (*Runner, error) {
	if d.HTTP == nil || d.Public == nil || d.Progress == nil || d.Now == nil || d.Pause == nil {
		return nil, errors.New("conformance runner: every dependency must be given")
	}
	base, err := parseBase(c.Suite)
	if err != nil {
		return nil, err
	}
	c.Suite = strings.TrimSuffix(base.String(), "/")
	c.Issuer = strings.TrimSuffix(c.Issuer, "/")
	if u, err := url.Parse(c.Issuer); err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("the issuer %q must be an https URL: the suite accepts no other", c.Issuer)
	}
	if len(c.Server) > 0 && !json.Valid(c.Server) {
		return nil, errors.New("the provider's configuration for the report is not JSON")
	}
	if c.Keep && len(c.Modules) > 0 {
		return nil, errors.New("a report of some modules only cannot continue another")
	}
	c.defaults()
	rules, err := expected.Load()
	if err != nil {
		return nil, err
	}
	var one sync.Mutex
	say := func(line string) {
		one.Lock()
		defer one.Unlock()
		d.Progress(line)
	}
	return &Runner{config: c, deps: d, suite: suite{base: c.Suite, http: d.HTTP}, rules: rules, say: say}, nil
}

func (c *Config) defaults() {
	if c.ModuleTimeout <= 0 {
		c.ModuleTimeout = 4 * time.Minute
	}
	if c.Wait <= 0 || c.Wait > 30*time.Second {
		c.Wait = 10 * time.Second
	}
	if c.Poll <= 0 {
		c.Poll = 200 * time.Millisecond
	}
	if c.Parallel <= 0 {
		c.Parallel = 1
	}
}

// Run runs the plans of these names or patterns (fapi2-*) and writes the report, also when it has to stop half-way: then the report says that it is
// incomplete. The error is ErrUnexpected when all ran and some module ended otherwise than expected.
func (r *Runner) Run(ctx context.Context, names []string) (Report, error) {
	if len(names) == 0 {
		return Report{}, errors.New("no conformance plan was named")
	}
	chosen := make([]plans.Plan, 0, len(names))
	for _, name := range names {
		found, err := plans.Match(name)
		if err != nil {
			return Report{}, err
		}
		chosen = append(chosen, found...)
	}
	report, err := r.begin(ctx)
	if err != nil {
		return Report{}, err
	}
	closeResource, err := r.openResource(ctx, chosen)
	if err != nil {
		return Report{}, err
	}
	defer closeResource()
	report.Plans, err = r.runPlans(ctx, chosen)
	err = errors.Join(err, r.conclude(&report))
	if err == nil && report.Unexpected > 0 {
		err = fmt.Errorf("%w: %d of %d modules", ErrUnexpected, report.Unexpected, report.Modules)
	}
	return report, err
}

// conclude counts and writes the report. What is returned and printed is this run's alone.
func (r *Runner) conclude(report *Report) error {
	report.finish(r.deps.Now())
	if r.config.ReportDir == "" {
		return nil
	}
	written := *report
	if r.config.Keep {
		written.Plans = slices.Clone(report.Plans)
		if err := written.keep(r.config.ReportDir); err != nil {
			return err
		}
		written.finish(r.deps.Now())
	}
	return written.Write(r.config.ReportDir)
}

func (r *Runner) begin(ctx context.Context) (Report, error) {
	info, err := r.suite.info(ctx)
	if err != nil {
		return Report{}, err
	}
	report := Report{
		Started: r.deps.Now().UTC(),
		Partial: len(r.config.Modules) > 0,
		Server:  ServerReport{Commit: r.config.Commit, Issuer: r.config.Issuer},
		Suite:   info,
	}
	if len(r.config.Server) > 0 {
		report.Server.Configuration, err = newRedactor(r.config.Password).document(r.config.Server)
	}
	return report, err
}

// runPlans runs Parallel plans at a time. The first failure to talk to suite or provider stops the others.
func (r *Runner) runPlans(ctx context.Context, chosen []plans.Plan) ([]PlanReport, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		out  = make([]PlanReport, len(chosen))
		errs = make([]error, len(chosen))
		slot = make(chan struct{}, r.config.Parallel)
		all  sync.WaitGroup
	)
	for i, p := range chosen {
		slot <- struct{}{}
		all.Go(func() {
			defer func() { <-slot }()
			if out[i], errs[i] = r.runPlan(ctx, p); errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	all.Wait()
	if context.Cause(ctx) != nil {
		return out, context.Cause(ctx)
	}
	return out, nil
}
