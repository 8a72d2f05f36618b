package web

import "strings"

// ProfilePage shows a person's profile and takes changes: POST {base}/account/profile with csrf and the claims by their names. Address and number are
// shown only: their change is proven first.
type ProfilePage struct {
	Lang          string
	CSRF          string
	Values        map[string]string // by claim
	Errors        map[string]string // by claim: a Field… key
	Saved         bool
	Username      string
	Email         string
	EmailVerified bool
	Phone         string
	PhoneVerified bool
	Attributes    []Attribute    // of the profile schema, that the person changes
	Shown         []Attribute    // that the person only sees
	Contact       []SecurityLink // pages that change address and number
}

func (p ProfilePage) spec() spec {
	return spec{template: "profile", lang: p.Lang, title: msg("profile.title"), self: "/account/profile", section: "profile"}
}

// Keys of what is wrong with a claim, by the kind of the claim; for ProfilePage.Errors.
const (
	FieldProfileText   = "field.profile.text"
	FieldProfileURL    = "field.profile.url"
	FieldProfileDate   = "field.profile.date"
	FieldProfileZone   = "field.profile.zone"
	FieldProfileLocale = "field.profile.locale"
)

// Fields are the page's inputs in order.
func (p ProfilePage) Fields(v *view) []field {
	var all []field
	for _, f := range []field{
		{Name: "name", Label: v.T("profile.name"), Autocomplete: "name"},
		{Name: "given_name", Label: v.T("profile.given_name"), Autocomplete: "given-name"},
		{Name: "middle_name", Label: v.T("profile.middle_name"), Autocomplete: "additional-name"},
		{Name: "family_name", Label: v.T("profile.family_name"), Autocomplete: "family-name"},
		{Name: "nickname", Label: v.T("profile.nickname"), Autocomplete: "nickname"},
		{Name: "gender", Label: v.T("profile.gender"), Autocomplete: "sex"},
		{Name: "birthdate", Label: v.T("profile.birthdate"), Autocomplete: "bday", Hint: v.T("profile.birthdate.hint")},
		{Name: "picture", Label: v.T("profile.picture"), Autocomplete: "photo", InputMode: "url", Hint: v.T("profile.url.hint")},
		{Name: "website", Label: v.T("profile.website"), Autocomplete: "url", InputMode: "url", Hint: v.T("profile.url.hint")},
		{Name: "profile", Label: v.T("profile.profile"), Autocomplete: "off", InputMode: "url", Hint: v.T("profile.url.hint")},
		{Name: "zoneinfo", Label: v.T("profile.zoneinfo"), Autocomplete: "off", Hint: v.T("profile.zoneinfo.hint")},
		{Name: "locale", Label: v.T("profile.locale"), Autocomplete: "language", Hint: v.T("profile.locale.hint")},
		{Name: "address.street_address", Label: v.T("profile.street_address"), Autocomplete: "street-address"},
		{Name: "address.postal_code", Label: v.T("profile.postal_code"), Autocomplete: "postal-code"},
		{Name: "address.locality", Label: v.T("profile.locality"), Autocomplete: "address-level2"},
		{Name: "address.region", Label: v.T("profile.region"), Autocomplete: "address-level1"},
		{Name: "address.country", Label: v.T("profile.country"), Autocomplete: "country-name"},
	} {
		f.ID, f.Type, f.Optional, f.Value = "profile-"+strings.ReplaceAll(f.Name, ".", "-"), "text", true, p.Values[f.Name]
		f.Error = v.Problem(p.Errors[f.Name])
		all = append(all, f)
	}
	return append(v.attributeFields(p.Attributes, ""), v.fields(all...)...)
}
