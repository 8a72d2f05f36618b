package samlxml

import "github.com/jedan-auth/jedan-auth/internal/verdict"

// tables are the rules of documents and of signatures, in order. Each row says its reason for audit and metrics.
type tables struct {
	document  []verdict.Row[*Document]
	signature []verdict.Row[*signed]
}

func rows() tables {
	return tables{
		document: []verdict.Row[*Document]{
			{Name: "saml_document.size", Reason: "size", Check: fits},
			{Name: "saml_document.encoding", Reason: "malformed", Check: plainText},
			{Name: "saml_document.markup", Reason: "malformed", Check: noMarkup},
			{Name: "saml_document.bounds", Reason: "size", Check: bounded},
			{Name: "saml_document.stable", Reason: "malformed", Check: stable},
			{Name: "saml_document.well_formed", Reason: "malformed", Check: wellFormed},
			{Name: "saml_document.namespaces", Reason: "size", Check: fewNamespaces},
			{Name: "saml_document.prefixes", Reason: "malformed", Check: namespaced},
			{Name: "saml_document.attributes", Reason: "malformed", Check: unlike},
			{Name: "saml_document.ids", Reason: "malformed", Check: ownIDs},
		},
		signature: []verdict.Row[*signed]{
			{Name: "saml_signature.keys", Reason: "key", Check: knownKeys},
			{Name: "saml_signature.parts", Reason: "signature", Check: itsParts},
			{Name: "saml_signature.canonicalization", Reason: "algorithm", Check: canonical},
			{Name: "saml_signature.method", Reason: "algorithm", Check: strongMethod},
			{Name: "saml_signature.digest", Reason: "algorithm", Check: strongDigest},
			{Name: "saml_signature.reference", Reason: "signature", Check: ownReference},
			{Name: "saml_signature.transforms", Reason: "algorithm", Check: knownTransforms},
			{Name: "saml_signature.value", Reason: "signature", Check: valid},
		},
	}
}
