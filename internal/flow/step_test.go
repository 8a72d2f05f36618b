package flow

import (
	"encoding/base64"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

func (f *fixture) step(name string) Step {
	return Step{
		Flow: storage.NewID(f.now), Step: name, Person: storage.NewID(f.now), Session: storage.NewID(f.now),
		Data: map[string]string{"scope": "openid email", "deny": ""}, Expires: f.now.Add(time.Minute).Truncate(time.Second),
	}
}

func TestStepRoundTrip(t *testing.T) {
	f := newFixture(t, Config{})
	st := f.step(StepConsent)
	got, err := f.VerifyStep(f.SignStep(st), StepConsent, st.Flow)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*got, st) {
		t.Errorf("got %+v, want %+v", *got, st)
	}
	if got, err := f.VerifyStep(f.SignStep(Step{Flow: st.Flow, Step: StepLogout}), StepLogout, st.Flow); err != nil || len(got.Data) != 0 {
		t.Errorf("a bare step: %v", err)
	}
}

// SE03 and the architecture's rule: nobody skips a step by the proof of another.
func TestAStepServesOnlyItsNameFlowAndTime(t *testing.T) {
	f := newFixture(t, Config{})
	st := f.step(StepLogin)
	token := f.SignStep(st)
	other := storage.NewID(f.now)
	for name, verify := range map[string]func() (*Step, error){
		"other step":  func() (*Step, error) { return f.VerifyStep(token, StepConsent, st.Flow) },
		"part of it":  func() (*Step, error) { return f.VerifyStep(token, "logi", st.Flow) },
		"no step":     func() (*Step, error) { return f.VerifyStep(token, "", st.Flow) },
		"other flow":  func() (*Step, error) { return f.VerifyStep(token, StepLogin, other) },
		"no flow":     func() (*Step, error) { return f.VerifyStep(token, StepLogin, storage.ID{}) },
		"other keys":  func() (*Step, error) { return newFixture(t, Config{}).VerifyStep(token, StepLogin, st.Flow) },
		"cut":         func() (*Step, error) { return f.VerifyStep(token[:len(token)-4], StepLogin, st.Flow) },
		"empty":       func() (*Step, error) { return f.VerifyStep("", StepLogin, st.Flow) },
		"too long":    func() (*Step, error) { return f.VerifyStep(strings.Repeat("A", MaxStep+1), StepLogin, st.Flow) },
		"not base64":  func() (*Step, error) { return f.VerifyStep("*"+token[1:], StepLogin, st.Flow) },
		"with a line": func() (*Step, error) { return f.VerifyStep(token+"\n", StepLogin, st.Flow) },
	} {
		if got, err := verify(); got != nil || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: verified (%v)", name, err)
		}
	}
	f.now = st.Expires.Add(-time.Microsecond)
	if _, err := f.VerifyStep(token, StepLogin, st.Flow); err != nil {
		t.Errorf("just in time: %v", err)
	}
	f.now = st.Expires
	if _, err := f.VerifyStep(token, StepLogin, st.Flow); err == nil {
		t.Error("an expired step verified")
	}
}

func TestEveryBitOfAStepCounts(t *testing.T) {
	f := newFixture(t, Config{})
	st := f.step(StepLogin)
	raw, err := base64.RawURLEncoding.DecodeString(f.SignStep(st))
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bent := append([]byte(nil), raw...)
		bent[i] ^= 0x80
		if _, err := f.VerifyStep(base64.RawURLEncoding.EncodeToString(bent), StepLogin, st.Flow); err == nil {
			t.Fatalf("byte %d is not signed", i)
		}
	}
}

// A name and a body that share their bytes differently are different: lengths are signed.
func TestStepNamesCannotRunIntoTheBody(t *testing.T) {
	f := newFixture(t, Config{})
	st := f.step("login")
	body := encodeStep(st)
	_, mac := f.ring.MAC(keys.Sessions, stepParts("logi", append([]byte("n"), body...))...)
	version, right := f.ring.MAC(keys.Sessions, stepParts("login", body)...)
	if string(mac) == string(right) {
		t.Fatal("names run into bodies")
	}
	token := append(binary.BigEndian.AppendUint16([]byte{formatStep}, uint16(version)), body...)
	if _, err := f.VerifyStep(base64.RawURLEncoding.EncodeToString(append(token, mac...)), "login", st.Flow); err == nil {
		t.Error("verified")
	}
}

func TestAStepWithoutAnEndGetsTenMinutes(t *testing.T) {
	f := newFixture(t, Config{})
	id := storage.NewID(f.now)
	token := f.SignStep(Step{Flow: id, Step: StepLogin})
	f.now = f.now.Add(stepLifetime - time.Second)
	if _, err := f.VerifyStep(token, StepLogin, id); err != nil {
		t.Error(err)
	}
	f.now = f.now.Add(time.Second)
	if _, err := f.VerifyStep(token, StepLogin, id); err == nil {
		t.Error("verified after ten minutes")
	}
}
