package telemetry

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the server's numbers. Every label has a small, fixed set of values:
// never a person, a client, an address or anything a caller chooses.
type Metrics struct {
	registry *prometheus.Registry

	authRequests   *prometheus.CounterVec
	failedLogins   *prometheus.CounterVec
	securityEvents *prometheus.CounterVec
	authTime       *prometheus.HistogramVec
	httpRequests   *prometheus.CounterVec
	tokens         *prometheus.CounterVec
	tokenSeries    sync.Map // of tokens: [2]string to prometheus.Counter
	gateRunning    *prometheus.GaugeVec
	outboxLag      prometheus.Gauge
	deliveries     *prometheus.CounterVec
	changesLag     prometheus.Gauge
	feeds          *prometheus.CounterVec
	limited        *prometheus.CounterVec
	challenges     *prometheus.CounterVec
}

// NewMetrics makes the numbers in a registry of their own, with Go's and the
// process's beside them.
func NewMetrics(version string) (*Metrics, error) {
	m := &Metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m.authRequests = counter("auth_requests_total", "Authorization and sign-in requests by kind and outcome.", "kind", "outcome")
	m.failedLogins = counter("failed_logins_total", "Failed sign-ins by factor and reason.", "factor", "reason")
	m.securityEvents = counter("security_events_total", "Audit events of severity warning and above by type and severity.", "type", "severity")
	m.authTime = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "auth_response_time_seconds", Help: "Time from a request's header to its answer by route.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route"})
	m.httpRequests = counter("jedan_http_requests_total", "Answers by route, method and status class.", "route", "method", "class")
	m.tokens = counter("jedan_tokens_total", "Tokens issued by grant type and kind.", "grant", "kind")
	m.gateRunning = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "jedan_gate", Help: "Dear work running and waiting."}, []string{"gate", "state"})
	m.outboxLag = prometheus.NewGauge(prometheus.GaugeOpts{Name: "jedan_outbox_lag_seconds", Help: "Age of the oldest undelivered message."})
	m.deliveries = counter("jedan_outbox_deliveries_total", "Attempts to tell another server by kind and outcome (delivered, retried, dead).", "kind", "outcome")
	m.changesLag = prometheus.NewGauge(prometheus.GaugeOpts{Name: "jedan_changes_lag_seconds", Help: "How far caches are behind the database."})
	m.feeds = counter("jedan_feeds_total", "What feeds of addresses and stolen passwords were asked, by feed and outcome.", "feed", "outcome")
	m.limited = counter("jedan_limits_refused_total", "Requests over a limit by what is limited (address, client, account) and kind of route or act.", "by", "kind")
	m.challenges = counter("jedan_challenges_total", "Answers to challenges by kind (work, wait, turnstile, hcaptcha) and outcome (passed, refused, away).", "kind", "outcome")
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "jedan_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.start()
	return m, m.register(build)
}

// start shows the promised names from the first scrape on: a series that does not
// exist yet cannot be alerted on.
func (m *Metrics) start() {
	m.authRequests.WithLabelValues("authorize", "success")
	m.failedLogins.WithLabelValues("password", "wrong")
	m.securityEvents.WithLabelValues("grant.reuse", "critical")
	m.authTime.WithLabelValues("none")
}

func (m *Metrics) register(more ...prometheus.Collector) error {
	all := append(more, m.authRequests, m.failedLogins, m.securityEvents, m.authTime, m.httpRequests, m.tokens, m.gateRunning,
		m.outboxLag, m.deliveries, m.changesLag, m.feeds, m.limited, m.challenges, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	var failed []error
	for _, c := range all {
		failed = append(failed, m.registry.Register(c))
	}
	return errors.Join(failed...)
}

// Handler answers scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// Register adds a collector of another package.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

// ObserveRequest counts an answer; route is a template, "" for what no route has.
func (m *Metrics) ObserveRequest(route, method string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.httpRequests.WithLabelValues(route, knownMethod(method), strconv.Itoa(status/100)+"xx").Inc()
	m.authTime.WithLabelValues(route).Observe(took.Seconds())
}

// ForRoute is ObserveRequest for one route and method: a series is looked up when it is first counted, and kept.
func (m *Metrics) ForRoute(route, method string) func(status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	elapsed := sync.OnceValue(func() prometheus.Observer { return m.authTime.WithLabelValues(route) })
	var classes [10]func() prometheus.Counter
	for class := range classes {
		classes[class] = sync.OnceValue(func() prometheus.Counter {
			return m.httpRequests.WithLabelValues(route, knownMethod(method), strconv.Itoa(class)+"xx")
		})
	}
	return func(status int, took time.Duration) {
		if class := status / 100; class >= 0 && class < len(classes) {
			classes[class]().Inc()
		}
		elapsed().Observe(took.Seconds())
	}
}

// knownMethod keeps a caller's inventions out of the label.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// AuthRequest counts an authorization or sign-in request: kind is a word such as
// "authorize", "password", "token"; outcome one such as "success", "refused".
func (m *Metrics) AuthRequest(kind, outcome string) {
	m.authRequests.WithLabelValues(kind, outcome).Inc()
}

// FailedLogin counts a failed sign-in by factor and reason.
func (m *Metrics) FailedLogin(factor, reason string) {
	m.failedLogins.WithLabelValues(factor, reason).Inc()
}

// SecurityEvent counts an audit event that someone should look at.
func (m *Metrics) SecurityEvent(eventType, severity string) {
	m.securityEvents.WithLabelValues(eventType, severity).Inc()
}

// Feed counts a question to a feed, or one that was not put to it.
func (m *Metrics) Feed(name, outcome string) { m.feeds.WithLabelValues(name, outcome).Inc() }

// Limited counts a request over a limit: by is what is limited, kind the kind of route or what for.
func (m *Metrics) Limited(by, kind string) { m.limited.WithLabelValues(by, kind).Inc() }

// Challenge counts an answer to a challenge, or a service that did not answer.
func (m *Metrics) Challenge(kind, outcome string) { m.challenges.WithLabelValues(kind, outcome).Inc() }

// Redis shows whether Redis answers, where there is one.
func (m *Metrics) Redis(up func() bool) error {
	return m.registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "jedan_redis_up", Help: "Whether Redis answers (1); while it does not, each node counts requests for itself."}, func() float64 {
		if up() {
			return 1
		}
		return 0
	}))
}

// TokenIssued counts a token by grant type and kind (access, refresh, id).
func (m *Metrics) TokenIssued(grant, kind string) {
	series := [2]string{grant, kind}
	kept, ok := m.tokenSeries.Load(series)
	if !ok { // looked up once: a grant type and a kind are two of a few words
		kept, _ = m.tokenSeries.LoadOrStore(series, m.tokens.WithLabelValues(grant, kind))
	}
	kept.(prometheus.Counter).Inc()
}

// Gate reports how busy a gate is.
func (m *Metrics) Gate(name string, running, waiting int) {
	m.gateRunning.WithLabelValues(name, "running").Set(float64(running))
	m.gateRunning.WithLabelValues(name, "waiting").Set(float64(waiting))
}

// OutboxLag reports the age of the oldest undelivered message.
func (m *Metrics) OutboxLag(age time.Duration) { m.outboxLag.Set(age.Seconds()) }

// OutboxDelivery counts an attempt to tell another server.
func (m *Metrics) OutboxDelivery(kind, outcome string) {
	m.deliveries.WithLabelValues(kind, outcome).Inc()
}

// ChangesLag reports how far caches are behind.
func (m *Metrics) ChangesLag(age time.Duration) { m.changesLag.Set(age.Seconds()) }
