package flow

import (
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/keys"
	"github.com/jedan-auth/jedan-auth/storage"
)

// Names of the steps.
const (
	StepLogin   = "login"
	StepFirst   = "first" // a first factor: a half sign-in, which names no session
	StepMFA     = "mfa"
	StepAccount = "account"
	StepConsent = "consent"
	StepLogout  = "logout"
	StepSignup  = "signup"
	StepDenied  = "denied" // somebody saw that they may not use the client

	StepSilent = "silent" // somebody was asked for elsewhere without a screen, and nobody came

	StepRequired = "required" // something must be done first
)

// MaxStep is the longest step token that is looked at, in bytes.
const MaxStep = 4096

const (
	formatStep   = 0x01
	stepLifetime = 10 * time.Minute
	macSize      = 32
)

// Step is what one step of a flow has proved.
type Step struct {
	Flow            storage.ID
	Step            string // its name
	Person, Session storage.ID
	Data            map[string]string // readable by the browser; not secret
	Expires         time.Time         // kept to the second; zero: ten minutes from now
}

// SignStep returns a token that proves st. The name of the step is not in the token but in what is signed, so that a token serves only the step
// whose name the verifier asks for.
func (f *Flows) SignStep(st Step) string {
	if st.Expires.IsZero() {
		st.Expires = f.now().Add(stepLifetime)
	}
	body := encodeStep(st)
	version, mac := f.ring.MAC(keys.Sessions, stepParts(st.Step, body)...)
	token := make([]byte, 0, 3+len(body)+macSize)
	token = append(token, formatStep)
	token = binary.BigEndian.AppendUint16(token, uint16(version)) //nolint:gosec // key versions are below 65536
	token = append(append(token, body...), mac...)
	return base64.RawURLEncoding.EncodeToString(token)
}

// VerifyStep returns what token proves, if it was signed for this step of this flow and has not expired; otherwise errs.Invalid.
func (f *Flows) VerifyStep(token, step string, flow storage.ID) (*Step, error) {
	if len(token) > MaxStep || step == "" || flow.IsZero() {
		return nil, refused(nil)
	}
	raw, ok := debase(token)
	if !ok || len(raw) < 3+macSize || raw[0] != formatStep {
		return nil, refused(nil)
	}
	version := int(binary.BigEndian.Uint16(raw[1:3]))
	body, mac := raw[3:len(raw)-macSize], raw[len(raw)-macSize:]
	if !f.ring.VerifyMAC(keys.Sessions, version, mac, stepParts(step, body)...) {
		return nil, refused(nil)
	}
	st, ok := decodeStep(body)
	if !ok || st.Flow != flow || !f.now().Before(st.Expires) {
		return nil, refused(nil)
	}
	st.Step = step
	return st, nil
}

// stepParts begins with a label of its own, so that no cookie or form token under the same key is a step; the ring length-prefixes every part,
// so that no name of a step runs into another.
func stepParts(step string, body []byte) [][]byte {
	return [][]byte{[]byte("flow step"), {formatStep}, []byte(step), body}
}

func encodeStep(st Step) []byte {
	b := make([]byte, 0, 128)
	b = append(b, st.Flow[:]...)
	b = append(b, st.Person[:]...)
	b = append(b, st.Session[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(st.Expires.Unix())) //nolint:gosec // read back as int64
	b = binary.AppendUvarint(b, uint64(len(st.Data)))
	for _, key := range slices.Sorted(maps.Keys(st.Data)) {
		b = appendString(appendString(b, key), st.Data[key])
	}
	return b
}

func decodeStep(body []byte) (*Step, bool) {
	r := reader{rest: body}
	var st Step
	copy(st.Flow[:], r.take(16))
	copy(st.Person[:], r.take(16))
	copy(st.Session[:], r.take(16))
	if at := r.take(8); at != nil {
		st.Expires = time.Unix(int64(binary.BigEndian.Uint64(at)), 0).UTC() //nolint:gosec // written from an int64
	}
	st.Data = map[string]string{}
	for n := r.number(); n > 0 && !r.bad; n-- {
		key := r.text()
		st.Data[key] = r.text()
	}
	return &st, !r.bad && len(r.rest) == 0
}
