package flow

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// The plaintext of a flow: id, tenant, browser, start in microseconds, client, return path, then each parameter as name and values, and a one if the
// sign-in is beside others. Strings are
// preceded by their length. A name of the table below is one byte; any other is a zero byte and the string.

// paramName gives frequent names one byte. The table is part of the format: append only.
func paramName(code byte) (string, bool) {
	names := [...]string{
		1: "response_type", 2: "response_mode", 3: "redirect_uri", 4: "scope", 5: "state", 6: "nonce", 7: "code_challenge",
		8: "code_challenge_method", 9: "prompt", 10: "max_age", 11: "display", 12: "ui_locales", 13: "claims_locales", 14: "login_hint",
		15: "id_token_hint", 16: "acr_values", 17: "claims", 18: "resource", 19: "request_uri", 20: "authorization_details", 21: "dpop_jkt",
		22: "client_id",
	}
	if code == 0 || int(code) >= len(names) {
		return "", false
	}
	return names[code], true
}

func paramCode(name string) byte {
	for code := byte(1); ; code++ {
		known, ok := paramName(code)
		if !ok {
			return 0
		}
		if known == name {
			return code
		}
	}
}

// repeatable parameters may have several values (RFC 8707 section 2).
func repeatable(name string) bool { return name == "resource" }

// whole reports what fl lacks to be a flow.
func whole(fl Flow) error {
	if fl.ID.IsZero() || fl.Tenant.IsZero() || fl.Started.IsZero() {
		return errors.New("flow: id, tenant and start are needed")
	}
	if fl.Browser == [16]byte{} && fl.Client == "" {
		return errors.New("flow: only a client's request may wait for its browser")
	}
	if (fl.Client == "") == (fl.Return == "") {
		return errors.New("flow: either a client or a return path")
	}
	if fl.Return != "" && !localPath(fl.Return) {
		return errors.New("flow: the return path is not local")
	}
	for name, values := range fl.Params {
		if len(values) == 0 || len(values) > 1 && !repeatable(name) {
			return errors.New("flow: a parameter needs exactly one value")
		}
	}
	return nil
}

// beside is the last byte of a flow whose sign-in is beside others.
const beside = 1

func encode(fl Flow) ([]byte, error) {
	if err := whole(fl); err != nil {
		return nil, errs.Wrap(errs.Internal, "", err)
	}
	b := make([]byte, 0, 512)
	b = append(b, fl.ID[:]...)
	b = append(b, fl.Tenant[:]...)
	b = append(b, fl.Browser[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(fl.Started.UnixMicro())) //nolint:gosec // read back as int64
	b = appendString(b, fl.Client)
	b = appendString(b, fl.Return)
	if b = appendParams(b, fl.Params); fl.Beside {
		b = append(b, beside)
	}
	return b, nil
}

func appendParams(b []byte, params url.Values) []byte {
	b = binary.AppendUvarint(b, uint64(len(params)))
	for _, name := range slices.Sorted(maps.Keys(params)) {
		code := paramCode(name)
		b = append(b, code)
		if code == 0 {
			b = appendString(b, name)
		}
		b = binary.AppendUvarint(b, uint64(len(params[name])))
		for _, v := range params[name] {
			b = appendString(b, v)
		}
	}
	return b
}

// debase undoes base64.RawURLEncoding, canonical spellings only; the decoder alone would skip line ends.
func debase(s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return b, err == nil
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// decode reads what encode wrote; anything else, a single byte too many included, is an error.
func decode(plain []byte) (*Flow, error) {
	r := reader{rest: plain}
	var fl Flow
	copy(fl.ID[:], r.take(16))
	copy(fl.Tenant[:], r.take(16))
	copy(fl.Browser[:], r.take(16))
	if at := r.take(8); at != nil {
		fl.Started = time.UnixMicro(int64(binary.BigEndian.Uint64(at))).UTC() //nolint:gosec // written from an int64
	}
	fl.Client, fl.Return = r.text(), r.text()
	fl.Params = r.params()
	if len(r.rest) == 1 && r.rest[0] == beside {
		fl.Beside, r.rest = true, nil
	}
	if r.bad || len(r.rest) > 0 {
		return nil, errors.New("flow: malformed")
	}
	return &fl, whole(fl)
}

// reader cuts fields off its rest; after the first that is not there it is bad and yields nothing.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	field := r.rest[:n]
	r.rest = r.rest[n:]
	return field
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) text() string { return string(r.take(r.number())) }

func (r *reader) params() url.Values {
	params := url.Values{}
	for n := r.number(); n > 0 && !r.bad; n-- {
		name, ok := r.name()
		if _, twice := params[name]; !ok || twice {
			r.bad = true
			return nil
		}
		for m := r.number(); m > 0 && !r.bad; m-- {
			params[name] = append(params[name], r.text())
		}
	}
	return params
}

func (r *reader) name() (string, bool) {
	code := r.take(1)
	if code == nil {
		return "", false
	}
	if code[0] == 0 {
		return r.text(), true
	}
	return paramName(code[0])
}
