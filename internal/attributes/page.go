package attributes

import "github.com/jedan-auth/jedan-auth/web"

// Page is the attribute as pages show it, with a value as a form has it.
func (a Attribute) Page(lang, value string, wrong bool) web.Attribute {
	return web.Attribute{
		Name: a.Name, Label: a.LabelIn(lang), Hint: a.HintIn(lang), Kind: a.kind(), Choices: a.Choices, Required: a.Required, Value: value, Wrong: wrong,
	}
}

// Pages are attributes as pages show them. value says what stands in the field of a name, wrong whether that cannot be taken; nil: nothing is wrong.
func Pages(all []Attribute, lang string, value func(name string) string, wrong func(name string) bool) []web.Attribute {
	var out []web.Attribute
	for _, a := range all {
		out = append(out, a.Page(lang, value(a.Name), wrong != nil && wrong(a.Name)))
	}
	return out
}

// Labels are the labels of what each scope asks for, by language.
func (s *Set) Labels() map[string][]func(lang string) string {
	out := map[string][]func(lang string) string{}
	for _, a := range s.Those(Attribute.Carried) {
		out[a.scope()] = append(out[a.scope()], a.LabelIn)
	}
	return out
}
