package measure

import (
	"testing"

	"github.com/jedan-auth/jedan-auth/risk"
	"github.com/jedan-auth/jedan-auth/risk/checks"
	"github.com/jedan-auth/jedan-auth/risk/replay"
	"github.com/jedan-auth/jedan-auth/risk/replay/generate"
)

func TestFiguresByHand(t *testing.T) {
	r := &Run{}
	for i := range 10 {
		r.Scored = append(r.Scored, Scored{Label: replay.Genuine, Score: float64(i)})
	}
	r.Scored = append(r.Scored, Scored{Label: replay.Travel, Score: 9}, Scored{Label: replay.Travel, Score: 4.5})
	if got := r.AUC(replay.Travel); got != (9.5+5)/20 {
		t.Errorf("AUC %v", got)
	}
	if line := r.Line(0.1); line <= 8 || line > 9 || r.Over(replay.Genuine, line) != 0.1 || r.Over(replay.Travel, line) != 0.5 {
		t.Errorf("line %v", line)
	}
	if r.Count(replay.Travel) != 2 || r.Count(replay.Takeover) != 0 {
		t.Error("counts")
	}
}

// A small instance: the engine tells attacks from people, better than two rules do, and no label reaches it.
func TestTheEngineBeatsTwoRules(t *testing.T) {
	events := generate.Events(generate.Options{Seed: 9, Events: 12_000, People: 300})
	engine, err := Do(From(events), risk.NewMemory(risk.NewEngine(checks.Rows(), risk.Defaults())), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	simple, err := Do(From(events), NewTwoRules(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range replay.Labels() {
		a, b := engine.AUC(label), simple.AUC(label)
		t.Logf("%s: %.4f, two rules %.4f", label, a, b)
		if a < 0.9 || a <= b {
			t.Errorf("%s: AUC %.4f, two rules %.4f", label, a, b)
		}
	}
	for i := range events {
		events[i].Label = ""
	}
	blind, err := Do(From(events), risk.NewMemory(risk.NewEngine(checks.Rows(), risk.Defaults())), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range blind.Scored {
		if blind.Scored[i].Score != engine.Scored[i].Score {
			t.Fatalf("event %d: the label changed the score", i)
		}
	}
}
