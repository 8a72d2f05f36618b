package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func testKey(t testing.TB, version int, fill byte) *Key {
	t.Helper()
	k, err := NewKey(version, bytes.Repeat([]byte{fill}, keySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var place = Location{Table: "people", Column: "profile", Tenant: [16]byte{1}, Row: [16]byte{2}}

func TestSealOpensAtItsPlaceOnly(t *testing.T) {
	k := testKey(t, 7, 1)
	secret := []byte(`{"email":"maria@example.org"}`)
	sealed := k.Seal(place, secret)
	got, err := k.Open(place, sealed)
	if err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("got %q, %v", got, err)
	}
	if sealed.KeyVersion() != 7 {
		t.Errorf("key version %d", sealed.KeyVersion())
	}
	elsewhere := map[string]Location{
		"table":      {"clients", "profile", place.Tenant, place.Row},
		"column":     {"people", "device", place.Tenant, place.Row},
		"tenant":     {"people", "profile", [16]byte{9}, place.Row},
		"row":        {"people", "profile", place.Tenant, [16]byte{9}},
		"names slid": {"peoplep", "rofile", place.Tenant, place.Row},
		"swapped":    {"people", "profile", place.Row, place.Tenant},
	}
	for name, at := range elsewhere {
		if _, err := k.Open(at, sealed); !errors.Is(err, ErrOpen) {
			t.Errorf("%s: opened, %v", name, err)
		}
	}
}

func TestOpenRefusesOtherKeysAndDamage(t *testing.T) {
	k := testKey(t, 1, 1)
	sealed := k.Seal(place, []byte("secret"))
	if _, err := testKey(t, 1, 2).Open(place, sealed); !errors.Is(err, ErrOpen) {
		t.Error("another key opens")
	}
	if _, err := testKey(t, 2, 1).Open(place, sealed); !errors.Is(err, ErrOpen) {
		t.Error("another version of the same bytes opens")
	}
	for i := range sealed.c {
		damaged := Text{c: bytes.Clone(sealed.c)}
		damaged.c[i] ^= 1
		if _, err := k.Open(place, damaged); !errors.Is(err, ErrOpen) {
			t.Errorf("byte %d may change", i)
		}
	}
	for n := range sealed.c {
		if _, err := k.Open(place, Text{c: sealed.c[:n]}); !errors.Is(err, ErrOpen) {
			t.Errorf("opens cut to %d bytes", n)
		}
	}
	if _, err := k.Open(place, Text{}); !errors.Is(err, ErrOpen) {
		t.Error("NULL opens")
	}
}

func TestVersionIsAuthenticated(t *testing.T) {
	sealed := testKey(t, 1, 1).Seal(place, []byte("secret"))
	relabelled := Text{c: bytes.Clone(sealed.c)}
	relabelled.c[2] = 2
	if _, err := testKey(t, 2, 1).Open(place, relabelled); !errors.Is(err, ErrOpen) {
		t.Error("a relabelled key version opens")
	}
}

func TestEmptyIsNotNull(t *testing.T) {
	k := testKey(t, 1, 1)
	sealed := k.Seal(place, nil)
	if sealed.IsZero() {
		t.Fatal("an empty value is NULL")
	}
	if got, err := k.Open(place, sealed); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestMessages(t *testing.T) {
	k := testKey(t, 3, 1)
	sealed := k.SealBytes([]byte("flow"), []byte("secret"))
	if len(sealed) != len("secret")+43 {
		t.Errorf("length %d", len(sealed))
	}
	if v, ok := BytesVersion(sealed); !ok || v != 3 {
		t.Errorf("version %d, %v", v, ok)
	}
	if got, err := k.OpenBytes([]byte("flow"), sealed); err != nil || string(got) != "secret" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := k.OpenBytes([]byte("token"), sealed); !errors.Is(err, ErrOpen) {
		t.Error("opens for another purpose")
	}
	if bytes.Equal(sealed, k.SealBytes([]byte("flow"), []byte("secret"))) {
		t.Error("two seals are equal")
	}
}

// TestColumnIsNoMessage: the same key and the same bound bytes must not turn a column's value into a message.
func TestColumnIsNoMessage(t *testing.T) {
	k := testKey(t, 1, 1)
	column := k.Seal(place, []byte("secret"))
	if _, err := k.OpenBytes(place.bind(kindColumn)[1:], column.c); !errors.Is(err, ErrOpen) {
		t.Error("a column opens as a message")
	}
}

func TestNewKeyRefuses(t *testing.T) {
	good := make([]byte, keySize)
	for _, v := range []int{-1, 0, 65536} {
		if _, err := NewKey(v, good); err == nil {
			t.Errorf("version %d is taken", v)
		}
	}
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := NewKey(1, make([]byte, n)); err == nil {
			t.Errorf("%d bytes are taken", n)
		}
	}
}

func TestNothingPrints(t *testing.T) {
	k := testKey(t, 1, 'K')
	row := struct {
		Key  *Key
		Text Text
	}{k, k.Seal(place, []byte("canary"))}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("row", "text", row.Text)
	slog.New(slog.NewTextHandler(&log, nil)).Info("row", "text", row.Text, "key", k)
	asJSON, err := json.Marshal(row.Text)
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all += fmt.Sprintf(verb, row.Text) + fmt.Sprintf(verb, k) + fmt.Sprintf(verb, row)
	}
	for _, leak := range []string{"canary", "KKKK", "4b4b", "75 75", string(row.Text.c), fmt.Sprintf("%x", row.Text.c)} {
		if strings.Contains(all, leak) {
			t.Errorf("prints %q", leak)
		}
	}
	if strings.Count(all, "[sealed]") < 10 || !strings.Contains(all, "[key]") {
		t.Errorf("unexpected output %s", all)
	}
}

func TestScan(t *testing.T) {
	k := testKey(t, 1, 1)
	sealed := k.Seal(place, []byte("secret"))
	v, err := sealed.Value()
	if err != nil {
		t.Fatal(err)
	}
	raw, ok := v.([]byte)
	if !ok {
		t.Fatalf("value is %T", v)
	}
	var back Text
	if err := back.Scan(raw); err != nil {
		t.Fatal(err)
	}
	raw[0] = 0 // the driver may reuse its buffer
	if _, err := k.Open(place, back); err != nil {
		t.Error("the value shares the driver's buffer")
	}
	if err := back.Scan(nil); err != nil || !back.IsZero() || back.KeyVersion() != 0 {
		t.Error("NULL is not zero")
	}
	for _, bad := range []any{"maria@example.org", []byte("maria@example.org, in the clear and long enough to pass"), []byte{}, 7} {
		if err := back.Scan(bad); err == nil {
			t.Errorf("takes %T %q", bad, bad)
		}
	}
	if v, err := (Text{}).Value(); v != nil || err != nil {
		t.Error("zero is not NULL")
	}
}

func TestIndex(t *testing.T) {
	key := []byte("key")
	base := Index(key, "people", "email", [16]byte{1}, []byte("a@b"))
	if len(base) != 32 || !bytes.Equal(base, Index(key, "people", "email", [16]byte{1}, []byte("a@b"))) {
		t.Fatal("not a stable 32-byte hash")
	}
	others := [][]byte{
		Index([]byte("kez"), "people", "email", [16]byte{1}, []byte("a@b")),
		Index(key, "person", "email", [16]byte{1}, []byte("a@b")),
		Index(key, "people", "phone", [16]byte{1}, []byte("a@b")),
		Index(key, "people", "email", [16]byte{2}, []byte("a@b")),
		Index(key, "people", "email", [16]byte{1}, []byte("a@c")),
		Index(key, "peoplee", "mail", [16]byte{1}, []byte("a@b")),
	}
	for i, o := range others {
		if bytes.Equal(base, o) {
			t.Errorf("case %d: same hash", i)
		}
	}
}

func FuzzOpen(f *testing.F) {
	k, err := NewKey(1, make([]byte, keySize))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{formatXAES, 0, 1}, 20))
	f.Add(k.SealBytes([]byte("other"), []byte("x")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := k.OpenBytes(nil, b); !errors.Is(err, ErrOpen) {
			t.Fatal("forged")
		}
		var text Text
		if text.Scan(b) == nil {
			if _, err := k.Open(place, text); !errors.Is(err, ErrOpen) {
				t.Fatal("forged")
			}
		}
		sealed := k.Seal(place, b)
		if back, err := k.Open(place, sealed); err != nil || !bytes.Equal(back, b) {
			t.Fatal("lost", err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	k, msg := testKey(b, 1, 1), make([]byte, 120)
	b.ReportAllocs()
	for b.Loop() {
		k.Seal(place, msg)
	}
}

func BenchmarkOpen(b *testing.B) {
	k := testKey(b, 1, 1)
	sealed := k.Seal(place, make([]byte, 120))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Open(place, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	key, value := make([]byte, 32), []byte("maria@example.org")
	for b.Loop() {
		Index(key, "people", "email", [16]byte{1}, value)
	}
}
