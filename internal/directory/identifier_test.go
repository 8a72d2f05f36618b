package directory

import (
	"strings"
	"testing"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// PW26: nobody takes a name that reads like another's.
func TestTakenAndConfusableNames(t *testing.T) {
	w := newWorld(t)
	w.create(Claims{"username": "admin", "email": "admin@example.org"})
	for name, c := range map[string]Claims{
		"case":        {"username": "ADMIN"},
		"width":       {"username": "ａｄｍｉｎ"},
		"mail case":   {"email": "Admin@EXAMPLE.org"},
		"mail width":  {"email": "ａdmin@example.org"},
		"mail domain": {"email": "admin@ｅxample。org"},
	} {
		if _, err := w.Create(t.Context(), w.tenant, NewPerson{Claims: c}, operator); !errs.Is(err, errs.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, s := range map[string]string{
		"Cyrillic a": "аdmin", "all Cyrillic": "асе", "all Greek": "ονο", "zero width": "ad\u200bmin", "override": "ad\u202emin", "10 KB": strings.Repeat("a", 10<<10),
		"ligature": "ﬁona", "address": "admin@example.org", "wide sign": "admin＠example.org", "space": "ad min", "newline": "admin\n", "tag": "<admin>",
		"dot first": ".admin", "dot last": "admin.", "nothing": "", "signs": "...", "emoji": "admin🦊", "NUL": "ad\x00min", "bad UTF-8": "ad\xffmin",
		"combining first": "\u0301admin", "65 characters": strings.Repeat("a", 65), "old script": "𐌰𐌳𐌼𐌹𐌽", "slash": "a/b", "Latin and Han": "admin漢", "bidi": "אa",
	} {
		if _, err := w.Create(t.Context(), w.tenant, NewPerson{Claims: Claims{"username": s}}, operator); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, fine := range []string{"maria", "o'neil", "kovač", "jean-luc_2", "мария", "Ελένη", "山田太郎", "やまだ太郎", "홍길동", "אבי", "a", "42"} {
		if _, err := w.Create(t.Context(), w.tenant, NewPerson{Claims: Claims{"username": fine}}, operator); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
		if w.found(fine).IsZero() {
			t.Errorf("%s is not found", fine)
		}
	}
}

func TestMailAddresses(t *testing.T) {
	for s, want := range map[string]string{
		"a@b.test": "a@b.test", "A+Tag@B.TEST": "a+tag@b.test", "o'neil@b.test": "o'neil@b.test", "ELÈNE@b.test": "elène@b.test", "a@BÜCHER.test": "a@xn--bcher-kva.test",
		"a@xn--bcher-kva.test": "a@xn--bcher-kva.test", "root@localhost": "root@localhost", "a@почта.рф": "a@xn--80a1acny.xn--p1ai", "a@例え.テスト": "a@xn--r8jz45g.xn--zckzah",
		"a@b\u3002test": "a@b.test", "a@\u0441\u043e.\u0440\u0444": "a@xn--n1af.xn--p1ai", "straße@b.test": "strasse@b.test",
	} {
		if got, err := CanonicalEmail(s); err != nil || got != want {
			t.Errorf("%q: %q %v", s, got, err)
		}
	}
	for name, bad := range map[string]string{
		"empty": "", "no sign": "a.b.test", "no local": "@b.test", "no domain": "a@", "quoted": `"a b"@b.test`, "literal": "a@[127.0.0.1]", "two signs": "a@c@b.test",
		"dots": "a..b@b.test", "first dot": ".a@b.test", "last dot": "a.@b.test", "domain dots": "a@b..test", "root dot": "a@b.test.", "space": "a b@b.test",
		"header": "a@b.test\r\nBcc: x@y.test", "NUL": "a\x00@b.test", "mixed": "аdmin@b.test", "zero width": "a\u200bb@b.test", "long local": strings.Repeat("a", 65) + "@b.test",
		"50 KB": strings.Repeat("a", 50_000) + "@b.test", "long label": "a@" + strings.Repeat("b", 64) + ".test", "underscore": "a@b_c.test", "angle": "<a@b.test>", "UTF-8": "\xff@b.test",
		"mixed domain": "a@ex\u0430mple.test", "mixed A-label": "a@xn--exmple-4nf.test", "domain that passes for Latin": "a@\u0430\u0440\u0440\u04cf\u0435.test",
		"zero width in domain": "a@b\u200b.test", "soft hyphen in domain": "a@ex\u00adample.test", "override in domain": "a@\u202eb.test", "joiner in domain": "a@b\u200dc.test",
		"display name": "A <a@b.test>", "list": "a@b.test,c@d.test", "long": "a@" + strings.Repeat("bcdefgh.", 32) + "test",
	} {
		if got, err := CanonicalEmail(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}
