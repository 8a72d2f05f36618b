package core

// DetailTypeConfig is a type of authorization details (RFC 9396 section 2) that clients may be registered for.
type DetailTypeConfig struct {
	Type      string            `config:"type" doc:"Its name, such as payment_initiation, or a URI."`
	Schema    string            `config:"schema" doc:"JSON Schema (2020-12) of one such detail, as JSON. It should forbid members that it does not know. References to other documents are not followed."`
	Sentences map[string]string `config:"sentences" doc:"By language, what such a detail allows, for the person who is asked: \"Pay {amount.value} {amount.currency} to {creditor}\". A place in braces names a member, or one within another. en is needed. What a sentence leaves out is listed below it."`
	Remember  bool              `config:"remember" default:"false" doc:"Ask a person only once for the very same detail. Otherwise each time, as for a payment."`
	Risky     bool              `config:"risky" default:"false" doc:"Mark it as reaching further than usual."`
}

// DetailTypes are the names of the configured types.
func (c Config) DetailTypes() []string {
	var out []string
	for _, t := range c.Details {
		out = append(out, t.Type)
	}
	return out
}
