package samlsp

import "github.com/jedan-auth/jedan-auth/internal/verdict"

// tables are the rules, in order. Each row says its reason for audit and metrics.
type tables struct {
	arrived, response   []verdict.Row[*try]
	artifact, resolved  []verdict.Row[*try]
	assertion           []verdict.Row[*try]
	metadata            []verdict.Row[*description]
	logout              []verdict.Row[*message]
	logoutResponse      []verdict.Row[*message]
	logoutRequest, last []verdict.Row[*message]
}

func rows() tables {
	return tables{
		arrived:        rowsArrived(),
		artifact:       rowsArtifact(),
		resolved:       rowsResolved(),
		response:       rowsResponse(),
		assertion:      rowsAssertion(),
		metadata:       rowsMetadata(),
		logout:         rowsLogout(),
		logoutResponse: rowsLogoutResponse(),
		logoutRequest:  rowsLogoutRequest(),
		last:           rowsLast(),
	}
}

func rowsArrived() []verdict.Row[*try] {
	return []verdict.Row[*try]{
		{Name: "saml_response.binding", Reason: "binding", Check: posted},
		{Name: "saml_response.field", Reason: "malformed", Check: field},
		{Name: "saml_response.relay_state", Reason: "state", Check: ownRelayState},
	}
}

func rowsArtifact() []verdict.Row[*try] {
	return []verdict.Row[*try]{
		{Name: "saml_artifact.field", Reason: "malformed", Check: artifactField},
		{Name: "saml_artifact.relay_state", Reason: "state", Check: ownRelayState},
		{Name: "saml_artifact.source", Reason: "issuer", Check: artifactSource},
		{Name: "saml_artifact.endpoint", Reason: "endpoint", Check: artifactEndpoint},
	}
}

func rowsResolved() []verdict.Row[*try] {
	return []verdict.Row[*try]{
		{Name: "saml_artifact.answer", Reason: "malformed", Check: artifactAnswer},
		{Name: "saml_artifact.issuer", Reason: "issuer", Check: artifactIssuer},
		{Name: "saml_artifact.in_response_to", Reason: "request", Check: artifactRequest},
		{Name: "saml_artifact.status", Reason: "status", Check: artifactStatus},
		{Name: "saml_artifact.response", Reason: "malformed", Check: artifactResponse},
	}
}

func rowsResponse() []verdict.Row[*try] {
	return []verdict.Row[*try]{
		{Name: "saml_response.root", Reason: "malformed", Check: isResponse},
		{Name: "saml_response.signatures", Reason: "signature", Check: placedSignatures},
		{Name: "saml_response.wrapped", Reason: "assertions", Check: notWrapped},
		{Name: "saml_response.signature", Reason: "signature", Check: responseSignature},
		{Name: "saml_response.version", Reason: "malformed", Check: responseVersion},
		{Name: "saml_response.issuer", Reason: "issuer", Check: responseIssuer},
		{Name: "saml_response.destination", Reason: "recipient", Check: destination},
		{Name: "saml_response.in_response_to", Reason: "request", Check: inResponseTo},
		{Name: "saml_response.status", Reason: "status", Check: succeeded},
		{Name: "saml_response.assertions", Reason: "assertions", Check: oneAssertion},
		{Name: "saml_response.encrypted", Reason: "encryption", Check: wantedEncrypted},
		{Name: "saml_response.decrypted", Reason: "encryption", Check: decryptable},
		{Name: "saml_response.assertion_signatures", Reason: "signature", Check: placedInAssertion},
		{Name: "saml_response.assertion_signature", Reason: "signature", Check: assertionSignature},
		{Name: "saml_response.signed", Reason: "signature", Check: isSigned},
	}
}

func rowsAssertion() []verdict.Row[*try] {
	return []verdict.Row[*try]{
		{Name: "saml_assertion.version", Reason: "malformed", Check: assertionVersion},
		{Name: "saml_assertion.issuer", Reason: "issuer", Check: assertionIssuer},
		{Name: "saml_assertion.issued", Reason: "time", Check: issued},
		{Name: "saml_assertion.subject", Reason: "subject", Check: oneSubject},
		{Name: "saml_assertion.name_id", Reason: "subject", Check: soundNameID},
		{Name: "saml_assertion.confirmation", Reason: "subject", Check: oneBearer},
		{Name: "saml_assertion.recipient", Reason: "recipient", Check: recipient},
		{Name: "saml_assertion.confirmed_from", Reason: "time", Check: confirmedFrom},
		{Name: "saml_assertion.confirmed_until", Reason: "time", Check: confirmedUntil},
		{Name: "saml_assertion.in_response_to", Reason: "request", Check: confirmedRequest},
		{Name: "saml_assertion.conditions", Reason: "conditions", Check: knownConditions},
		{Name: "saml_assertion.not_before", Reason: "time", Check: notBefore},
		{Name: "saml_assertion.not_on_or_after", Reason: "time", Check: notOnOrAfter},
		{Name: "saml_assertion.audience", Reason: "audience", Check: audience},
		{Name: "saml_assertion.proxy", Reason: "conditions", Check: mayProxy},
		{Name: "saml_assertion.statement", Reason: "statement", Check: oneStatement},
		{Name: "saml_assertion.authn_instant", Reason: "time", Check: authnInstant},
		{Name: "saml_assertion.fresh", Reason: "stale", Check: fresh},
		{Name: "saml_assertion.max_age", Reason: "stale", Check: young},
		{Name: "saml_assertion.session", Reason: "time", Check: liveSession},
		{Name: "saml_assertion.context", Reason: "context", Check: wantedContext},
		{Name: "saml_assertion.attributes", Reason: "attributes", Check: soundAttributes},
		{Name: "saml_assertion.email", Reason: "attributes", Check: oneEmail},
		{Name: "saml_assertion.key", Reason: "subject", Check: identityKey},
		{Name: "saml_assertion.replay", Reason: "replay", Check: unspent},
	}
}

func rowsMetadata() []verdict.Row[*description] {
	return []verdict.Row[*description]{
		{Name: "saml_metadata.signature", Reason: "signature", Check: metadataSignature},
		{Name: "saml_metadata.entity", Reason: "issuer", Check: oneEntity},
		{Name: "saml_metadata.valid_until", Reason: "time", Check: stillValid},
		{Name: "saml_metadata.role", Reason: "malformed", Check: oneRole},
		{Name: "saml_metadata.endpoints", Reason: "endpoint", Check: secureEndpoints},
		{Name: "saml_metadata.keys", Reason: "key", Check: signingKeys},
	}
}

func rowsLogout() []verdict.Row[*message] {
	return []verdict.Row[*message]{
		{Name: "saml_logout.field", Reason: "malformed", Check: messageField},
		{Name: "saml_logout.signed", Reason: "signature", Check: signedMessage},
	}
}

func rowsLogoutResponse() []verdict.Row[*message] {
	return []verdict.Row[*message]{
		{Name: "saml_logout_response.root", Reason: "malformed", Check: isLogoutResponse},
		{Name: "saml_logout_response.version", Reason: "malformed", Check: messageVersion},
		{Name: "saml_logout_response.issuer", Reason: "issuer", Check: messageIssuer},
		{Name: "saml_logout_response.destination", Reason: "recipient", Check: messageDestination},
		{Name: "saml_logout_response.in_response_to", Reason: "request", Check: answersOurs},
		{Name: "saml_logout_response.status", Reason: "status", Check: signedOut},
	}
}

func rowsLogoutRequest() []verdict.Row[*message] {
	return []verdict.Row[*message]{
		{Name: "saml_logout_request.root", Reason: "malformed", Check: isLogoutRequest},
		{Name: "saml_logout_request.version", Reason: "malformed", Check: messageVersion},
		{Name: "saml_logout_request.issuer", Reason: "issuer", Check: messageIssuer},
		{Name: "saml_logout_request.destination", Reason: "recipient", Check: messageDestination},
		{Name: "saml_logout_request.issued", Reason: "time", Check: messageIssued},
		{Name: "saml_logout_request.until", Reason: "time", Check: messageUntil},
		{Name: "saml_logout_request.name_id", Reason: "subject", Check: messageNameID},
	}
}

func rowsLast() []verdict.Row[*message] {
	return []verdict.Row[*message]{
		{Name: "saml_logout_request.replay", Reason: "replay", Check: messageUnspent},
	}
}
