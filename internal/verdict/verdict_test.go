package verdict

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
)

func record(t *testing.T, vs []Verdict) map[string]any {
	t.Helper()
	var out bytes.Buffer
	Log(t.Context(), slog.New(slog.NewJSONHandler(&out, nil)), "sign-in", vs, "e-1")
	if out.Len() == 0 {
		return nil
	}
	var rec map[string]any
	if err := json.Unmarshal(out.Bytes(), &rec); err != nil {
		t.Fatalf("not one JSON record: %v: %s", err, out.String())
	}
	return rec
}

func TestARefusalIsFoundByItsErrorID(t *testing.T) {
	rec := record(t, []Verdict{Pass("csrf", "a token of this browser"), Refuse("flow", "an open flow", "stale")})
	if rec["error_id"] != "e-1" || rec["table"] != "sign-in" || rec["check"] != "flow" {
		t.Fatalf("record: %v", rec)
	}
	rows, _ := rec["verdicts"].(map[string]any)
	flow, _ := rows["flow"].(map[string]any)
	if flow["expected"] != "an open flow" || flow["received"] != "stale" || flow["ok"] != false {
		t.Errorf("flow: %v", flow)
	}
	if csrf, _ := rows["csrf"].(map[string]any); csrf["ok"] != true {
		t.Errorf("csrf: %v", csrf)
	}
}

func TestWhatPassedIsNotLogged(t *testing.T) {
	if rec := record(t, []Verdict{Pass("csrf", "x"), Pass("flow", "y")}); rec != nil {
		t.Errorf("logged: %v", rec)
	}
	if rec := record(t, nil); rec != nil {
		t.Errorf("logged: %v", rec)
	}
}

func TestTheFirstRefusalNamesTheRecord(t *testing.T) {
	v, refused := Refused([]Verdict{Pass("a", ""), Refuse("b", "", ""), Refuse("c", "", "")})
	if !refused || v.Check != "b" {
		t.Errorf("got %q %v", v.Check, refused)
	}
	if _, refused := Refused([]Verdict{Pass("a", "")}); refused {
		t.Error("refused what passed")
	}
}
