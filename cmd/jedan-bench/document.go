package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// line is a result for the terminal.
func (r *result) line() string {
	low, high := slices.Min(r.ratios), slices.Max(r.ratios)
	return fmt.Sprintf("%-34s %8s µs (db %5s)  hello %5s  ratio %.3f [%.3f–%.3f]  %6.0f/s  %4.0f allocs %6.0f B  busy %.2f  %s: %s  %s",
		r.scenario.title, micros(r.own), micros(r.database), micros(r.hello), median(r.ratios), low, high, r.perSecond, r.objects, r.bytes, r.busy,
		r.target(), r.reached(), r.verdict())
}

// document is docs/benchmarks.md.
type document struct {
	o     options
	began time.Time
	parts []*part
}

func newDocument(o options) *document { return &document{o: o, began: time.Now()} }

func (d *document) write(path string) error {
	var b strings.Builder
	d.head(&b)
	for _, p := range d.parts {
		p.table(&b)
	}
	return os.WriteFile(path, []byte(b.String()), 0o644) //nolint:gosec // a document
}

func (d *document) head(b *strings.Builder) {
	fmt.Fprintf(b, `# Benchmarks

Written by `+"`make bench`"+` (`+"`go run ./cmd/jedan-bench`"+`); do not edit. %s, %s, %s/%s, %d cores: %s.

**How.** The server (default configuration, access log off) and a bare `+"`net/http`"+` handler that answers as many bytes of ready JSON to a GET run as
processes of their own, each with one Go processor, both pinned to one core. The load comes from the other core: a closed loop of %d keep-alive HTTP/1.1
connections on loopback. After a warm-up over everything that takes turns, the two are driven in turn, %d times %s each, and CPU time is read from
getrusage of the process driven. **Ratio** is the bare handler's CPU time per request divided by the server's; the median of the runs counts, the least
and the greatest stand beside it. PostgreSQL's CPU time, of all its processes, is added to the server's. %d clients and %d distinct tokens take turns;
people have a profile of ten claims. "First seen" JWTs were never presented before. Primitives are measured in the bare handler's process in the same
run, by the driver or the standard library alone. Allocations are the whole process's, `+"`net/http`"+` included.

Times on a shared machine wander; ratios within one run much less. A figure is a promise only together with its target.
`, d.began.UTC().Format("2 January 2006"), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cpuModel(), d.o.conns, d.o.runs, d.o.length,
		clientCount, tokenCount)
}

func (p *part) table(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n", map[string]string{sqlite: "SQLite", postgres: "PostgreSQL"}[p.database])
	b.WriteString("| what | CPU µs | of it PostgreSQL | bare handler µs | ratio (least–greatest) | allocations | turns/s | target | reached | |\n")
	b.WriteString("| --- | --: | --: | --: | --- | --: | --: | --- | --- | --- |\n")
	for _, r := range p.results {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %.3f (%.3f–%.3f) | %.0f | %.0f | %s | %s | %s |\n", r.scenario.title, micros(r.own), dash(p, r), micros(r.hello),
			median(r.ratios), slices.Min(r.ratios), slices.Max(r.ratios), r.objects, r.perSecond, r.target(), r.reached(), r.verdict())
	}
	b.WriteString("\n| start and rest | figure | target | |\n| --- | --: | --- | --- |\n")
	fmt.Fprintf(b, "| ready on an existing database | %d ms | < 300 ms | %s |\n", p.start.ready.Milliseconds(), pass(p.start.ready < 300*time.Millisecond))
	fmt.Fprintf(b, "| idle memory (resident; not the program file) | %.1f MiB (%.1f MiB) | < 40 MiB | %s |\n", p.start.rss, p.start.anon, pass(p.start.rss < 40))
	b.WriteString("\n| primitive | CPU µs |\n| --- | --: |\n")
	for _, name := range primitives() {
		if d, measured := p.each[name]; measured {
			fmt.Fprintf(b, "| %s | %s |\n", name, micros(d))
		}
	}
}

func dash(p *part, r *result) string {
	if p.database == sqlite {
		return "–"
	}
	return micros(r.database)
}

func pass(ok bool) string {
	if ok {
		return "pass"
	}
	return "short"
}

// cpuModel names the processor.
func cpuModel() string {
	raw, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	_, rest, _ := strings.Cut(string(raw), "model name")
	name, _, _ := strings.Cut(rest, "\n")
	return strings.TrimLeft(name, "\t: ")
}
