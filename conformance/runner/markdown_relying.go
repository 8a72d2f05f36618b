package runner

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/conformance/expected"
)

// writeSides is the table of plans in which the suite was our upstream.
func (r Report) writeSides(b *strings.Builder) {
	b.WriteString("\n| plan | modules | session | refused as named | otherwise as expected | left out | passed | review | skipped | warning | failed | unexpected | s |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, p := range r.Plans {
		counts, unexpected, seconds := p.counts()
		ours := p.endings()
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %.0f |\n", p.Name, len(p.Modules), ours[expected.EndsSession], ours["check"], ours["other"],
			counts[expected.ResultLeftOut], counts["PASSED"], counts["REVIEW"], counts["SKIPPED"], counts["WARNING"], counts["FAILED"], unexpected, seconds)
	}
}

// endings counts what came of the sign-ins that ended as expected.
func (p PlanReport) endings() map[string]int {
	out := map[string]int{}
	for _, m := range p.Modules {
		switch {
		case !m.Accepted || m.Ours == "":
		case m.Ours == expected.EndsSession:
			out[m.Ours]++
		case strings.Contains(m.Ours, "."):
			out["check"]++
		default:
			out["other"]++
		}
	}
	return out
}

// writeEndings is the table of a plan's modules.
func (p PlanReport) writeEndings(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n%s (`%s`), server commit `%s`, ended %s\n\n", p.Name, cell(p.Title), p.SuitePlan, p.Commit, p.Ended.Format(time.RFC3339))
	b.WriteString("| # | module | variant | here | the suite | why accepted, or not | s | SHA-256 of its log |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for i, m := range p.Modules {
		result := m.Result
		if !m.Accepted {
			result = "**" + result + "**"
		}
		fmt.Fprintf(b, "| %d | %s | %s | %s | %s | %s | %.1f | %s |\n", i+1, m.Module, cell(variantText(m.Variant)), cell(m.Ours), result, cell(m.why()), m.Seconds, code(m.LogSHA256))
	}
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
