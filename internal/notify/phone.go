package notify

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/jedan-auth/jedan-auth/internal/errs"
)

// prefixDigits of a national number, with its country code, are what the budget counts: about an operator's block of numbers.
const prefixDigits = 3

// number is a phone number that may get messages.
type number struct{ e164, prefix string }

// Number brings a number into E.164 form. errs.Invalid when it is no mobile number, errs.Forbidden when its country is not on the list.
func (n *Notifier) Number(typed string) (e164 string, err error) {
	p, err := n.number(typed)
	return p.e164, err
}

func (n *Notifier) number(typed string) (number, error) {
	bad := errs.New(errs.Invalid, "This is no mobile number in the form +49 151 23456789.")
	if len(typed) > 40 || !strings.HasPrefix(strings.TrimSpace(typed), "+") {
		return number{}, bad
	}
	p, err := phonenumbers.Parse(strings.TrimSpace(typed), "")
	if err != nil || !phonenumbers.IsValidNumber(p) || p.GetExtension() != "" {
		return number{}, bad
	}
	if kind := phonenumbers.GetNumberType(p); kind != phonenumbers.MOBILE && kind != phonenumbers.FIXED_LINE_OR_MOBILE {
		return number{}, bad
	}
	if !slices.Contains(n.sms.Countries, phonenumbers.GetRegionCodeForNumber(p)) {
		return number{}, errs.New(errs.Forbidden, "Text messages do not go to this country.")
	}
	e164 := phonenumbers.Format(p, phonenumbers.E164)
	national := phonenumbers.GetNationalSignificantNumber(p)
	cut := len(e164) - len(national) + min(prefixDigits, len(national))
	return number{e164: e164, prefix: e164[:cut]}, nil
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}
