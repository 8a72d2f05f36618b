package web

// Catalogue keys that callers put into view models. A key the catalogue does not know shows a general sentence.
const (
	// For LoginPage.Error. ProblemCredentials is the one answer for known and unknown identifiers.
	ProblemCredentials = "login.error.credentials"
	ProblemMissing     = "login.error.missing"
	ProblemUnavailable = "login.error.unavailable"
	ProblemSubject     = "login.error.subject" // somebody else was asked for

	// For LoginPage.Error, PasskeysPage.Problem and PasskeyOfferPage.Problem. ProblemPasskey is the one answer to what did not prove anything.
	ProblemPasskey       = "passkey.error"
	ProblemPasskeyKind   = "passkey.error.kind"   // not an authenticator that may be used here
	ProblemPasskeyTaken  = "passkey.error.taken"  // it is registered already
	ProblemPasskeyMany   = "passkey.error.many"   // the person has too many
	ProblemPasskeyStrong = "passkey.error.strong" // a sign-in with a password alone does not change passkeys
	ProblemPasskeyName   = "passkey.error.name"
	ProblemPasskeyLast   = "passkey.error.last" // the only way to sign in

	// For SetupPage.Errors and PasswordChangePage.Errors.
	FieldEmailMissing     = "field.email.missing"
	FieldEmailFormat      = "field.email.format"
	FieldEmailTaken       = "field.email.taken"
	FieldNameMissing      = "field.name.missing"
	FieldNameLong         = "field.name.long"
	FieldPasswordMissing  = "field.password.missing"
	FieldPasswordShort    = "field.password.short"
	FieldPasswordLong     = "field.password.long"
	FieldPasswordCommon   = "field.password.common"
	FieldPasswordStolen   = "field.password.stolen"
	FieldPasswordContext  = "field.password.context"
	FieldPasswordUnusable = "field.password.unusable"
	FieldPasswordWrong    = "field.password.wrong"
	FieldPasswordSame     = "field.password.same"

	// For ErrorPage.Description, where the code alone says too little.
	ErrorUnknownClient = "error.text.unknown_client"
	ErrorRedirectURI   = "error.text.redirect_uri"
	ErrorForeignForm   = "error.text.foreign_form"
)
