package web

// Attribute is one attribute of the profile schema on a form, or among the facts of a page. Its field has its name.
type Attribute struct {
	Name, Label, Hint string   // words in the page's language
	Kind              string   // text, integer, boolean, date, url or choice
	Choices           []string // of a choice
	Required          bool
	Value             string // as a form has it
	Wrong             bool   // the value cannot be taken
}

// option is one value of a field that offers some.
type option struct {
	Value, Text string
	Chosen      bool
}

// attributeFields are the inputs for attributes, in order. optional is the key of the label of what may be left out, "" where everything may.
func (v *view) attributeFields(all []Attribute, optional string) []field {
	fields := make([]field, 0, len(all))
	for _, a := range all {
		f := field{
			ID: "attribute-" + a.Name, Name: a.Name, Type: "text", Autocomplete: "off", Label: v.Sentence(a.Label), Hint: v.Sentence(a.Hint),
			Optional: !a.Required, Value: a.Value, Error: v.attributeProblem(a), Options: v.options(a),
		}
		if optional != "" && !a.Required {
			f.Label = v.T(optional, "label", a.Label)
		}
		switch a.Kind {
		case "integer":
			f.InputMode = "numeric"
		case "url":
			f.InputMode = "url"
		case "date":
			f.Type = "date"
		}
		fields = append(fields, f)
	}
	return v.fields(fields...)
}

// problems are what is wrong with a value, by its kind.
func problems() map[string]string {
	return map[string]string{
		"text": "field.attribute.text", "integer": "field.attribute.integer", "boolean": "field.attribute.boolean", "date": "field.attribute.date",
		"url": "field.attribute.url", "choice": "field.attribute.choice",
	}
}

// attributeProblem says what is wrong with the value that was sent.
func (v *view) attributeProblem(a Attribute) string {
	switch {
	case !a.Wrong:
		return ""
	case a.Value == "":
		return v.T("field.attribute.needed")
	}
	return v.Problem(problems()[a.Kind])
}

// options are what a choice offers, and first that nothing is chosen: nobody's answer is made for them.
func (v *view) options(a Attribute) []option {
	var out []option
	switch a.Kind {
	case "choice":
		for _, c := range a.Choices {
			out = append(out, option{Value: c, Text: v.Sentence(c)})
		}
	case "boolean":
		out = []option{{Value: "true", Text: v.T("attribute.yes")}, {Value: "false", Text: v.T("attribute.no")}}
	default:
		return nil
	}
	out = append([]option{{Text: v.T("attribute.none")}}, out...)
	for i := range out {
		out[i].Chosen = out[i].Value == a.Value
	}
	return out
}

// AttributeText is the value of an attribute among facts.
func (v *view) AttributeText(a Attribute) string {
	if a.Kind == "boolean" {
		for _, o := range v.options(a) {
			if o.Chosen {
				return o.Text
			}
		}
	}
	return v.Sentence(a.Value)
}
