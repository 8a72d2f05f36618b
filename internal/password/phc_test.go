package password

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestParsePHC(t *testing.T) {
	const salt, hash = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	good := "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$" + hash
	if s, err := parsePHC(good); err != nil || s.params != (Params{65536, 2, 1}) || string(s.salt) != "somesalt" || s.encode() != good {
		t.Fatalf("%+v %v", s.params, err)
	}
	b64 := base64.RawStdEncoding.EncodeToString
	for name, bad := range map[string]string{
		"empty":              "",
		"cost (PW12)":        strings.Replace(good, "m=65536,t=2", "m=4194304,t=10", 1),
		"passes":             strings.Replace(good, "t=2", "t=11", 1),
		"work":               strings.Replace(good, "t=2", "t=5", 1),
		"lanes":              strings.Replace(good, "p=1", "p=9", 1),
		"lanes of a uint8":   strings.Replace(good, "p=1", "p=257", 1),
		"memory of a uint32": strings.Replace(good, "m=65536", "m=4295032832", 1),
		"no memory":          strings.Replace(good, "m=65536", "m=0", 1),
		"memory for lanes":   strings.Replace(good, "m=65536,t=2,p=1", "m=8,t=2,p=2", 1),
		"leading zero":       strings.Replace(good, "t=2", "t=02", 1),
		"sign":               strings.Replace(good, "t=2", "t=+2", 1),
		"order":              strings.Replace(good, "m=65536,t=2", "t=2,m=65536", 1),
		"twice":              strings.Replace(good, "t=2", "t=2,t=2", 1),
		"key id":             strings.Replace(good, "p=1", "p=1,keyid=AA", 1),
		"old version":        strings.Replace(good, "v=19", "v=16", 1),
		"no version":         strings.Replace(good, "$v=19", "", 1),
		"argon2i":            strings.Replace(good, "argon2id", "argon2i", 1),
		"argon2d":            strings.Replace(good, "argon2id", "argon2d", 1),
		"bcrypt (PW12)":      "$2b$31$abcdefghijklmnopqrstuuOaBcDeFgHiJkLmNoPqRsTuVwXyZ01234",
		"pbkdf2 (PW12)":      "pbkdf2_sha256$1000000000$salt$hash",
		"padding":            good + "=",
		"line end":           strings.Replace(good, salt, salt[:4]+"\n"+salt[4:], 1),
		"loose last bits":    strings.Replace(good, salt, "c29tZXNhbHR", 1),
		"short salt":         strings.Replace(good, salt, b64(make([]byte, 7)), 1),
		"long salt":          strings.Replace(good, salt, b64(make([]byte, 65)), 1),
		"short hash":         strings.Replace(good, hash, b64(make([]byte, 15)), 1),
		"long hash":          strings.Replace(good, hash, b64(make([]byte, 65)), 1),
		"no hash":            strings.TrimSuffix(good, "$"+hash),
		"more":               good + "$",
		"space":              " " + good,
	} {
		if bad == good {
			t.Fatalf("%s: the case is not bad", name)
		}
		if err := CheckHash(bad); err == nil {
			t.Errorf("%s: accepted", name)
		} else if len(bad) > 20 && strings.Contains(err.Error(), hash) {
			t.Errorf("%s: the error shows the hash", name)
		}
	}
	for name, fine := range map[string]string{
		"RFC 9106 second": strings.Replace(good, "t=2,p=1", "t=3,p=4", 1),
		"Django":          strings.Replace(good, "m=65536,t=2,p=1", "m=102400,t=2,p=8", 1),
		"OWASP":           strings.Replace(good, "m=65536,t=2,p=1", "m=7168,t=5,p=1", 1),
	} {
		if err := CheckHash(fine); err != nil {
			t.Errorf("%s: refused", name)
		}
	}
}

// FuzzParsePHC: whatever is accepted is in bounds and written the same way again.
func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$2b$31$x")
	f.Fuzz(func(t *testing.T, phc string) {
		s, err := parsePHC(phc)
		if err != nil {
			return
		}
		if !s.params.inBounds() || len(s.salt) < 8 || len(s.hash) < 16 || s.encode() != phc {
			t.Fatalf("%q is read as %q", phc, s.encode())
		}
	})
}
