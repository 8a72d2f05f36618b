package cli

import (
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/jedan-auth/jedan-auth/risk"
	riskchecks "github.com/jedan-auth/jedan-auth/risk/checks"
	"github.com/jedan-auth/jedan-auth/risk/replay"
	"github.com/jedan-auth/jedan-auth/risk/replay/generate"
	"github.com/jedan-auth/jedan-auth/risk/replay/measure"
)

// figureView is what became of one kind of sign-ins.
type figureView struct {
	Label    string  `json:"label"`
	Events   int     `json:"events"`
	StepUp   float64 `json:"step_up"`        // share at or above the threshold of a second factor
	Deny     float64 `json:"deny"`           // share at or above that of refusal
	Detected float64 `json:"at_0.1_percent"` // share above what one genuine sign-in in a thousand reaches
	AUC      float64 `json:"auc,omitempty"`
	P99      string  `json:"p99,omitempty"` // CPU time of a verdict
}

func (c *cli) securityReplay() *cobra.Command {
	var stepUp float64
	cmd := c.verb("replay FILE", "Judge recorded sign-ins (one JSON object a line; see the guide) and print how many of each kind would be stopped", cobra.ExactArgs(1), func(_ *cobra.Command, args []string) error {
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		t := risk.Defaults()
		if stepUp > 0 {
			t.StepUp = stepUp
		}
		run, err := measure.Do(replay.NewReader(f), risk.NewMemory(risk.NewEngine(riskchecks.Rows(), t)), nil, nil)
		if err != nil {
			return err
		}
		return c.list(figures(run, t), "label", "events", "step_up", "deny", "at_0.1_percent", "auc", "p99")
	})
	cmd.Long = "Judge recorded sign-ins in their order with the built-in checks, no feed and nothing known beforehand. Nothing is stored."
	cmd.Flags().Float64Var(&stepUp, "step-up", 0, "`score` from which a second factor would be asked for; 0: the default")
	return cmd
}

// figures has a row for each label that occurs, the unlabelled ones too.
func figures(run *measure.Run, t risk.Thresholds) []figureView {
	line := run.Line(0.001)
	var out []figureView
	for _, label := range append([]string{"", replay.Genuine}, replay.Labels()...) {
		n := run.Count(label)
		if n == 0 {
			continue
		}
		v := figureView{Label: label, Events: n, StepUp: share(run.Over(label, t.StepUp)), Deny: share(run.Over(label, t.Deny))}
		if label == "" {
			v.Label = "unlabelled"
		} else {
			v.Detected = share(run.Over(label, line))
		}
		if auc := run.AUC(label); label != replay.Genuine && !math.IsNaN(auc) {
			v.AUC = share(auc)
		}
		out = append(out, v)
	}
	if len(out) > 0 {
		out[0].P99 = run.Percentile(0.99).Round(time.Microsecond).String()
	}
	return out
}

func share(x float64) float64 { return math.Round(x*10000) / 10000 }

func (c *cli) securityGenerate() *cobra.Command {
	var o generate.Options
	cmd := c.verb("generate [flags]", "Write invented sign-ins with attacks among them, for replay", cobra.NoArgs, func(*cobra.Command, []string) error {
		if o.Events < 1000 || o.Events > 10_000_000 || o.People < 50 || o.People > 100_000 {
			return usagef("--events must be 1,000 to 10,000,000, --people 50 to 100,000")
		}
		w := replay.NewWriter(c.Stdout)
		for _, e := range generate.Events(o) {
			if err := w.Write(e); err != nil {
				return fmt.Errorf("not written: %w", err)
			}
		}
		return errors.Join(w.Flush())
	})
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "another `number`, other sign-ins; the same number, the same ones")
	cmd.Flags().IntVar(&o.Events, "events", 100_000, "how many")
	cmd.Flags().IntVar(&o.People, "people", 2000, "of how many people")
	return cmd
}
