// Package recovery lets people who forgot their password set a new one, by a link that is mailed to the address of their account.
//
// It says the same to everybody, whether there is an account or not. A new password is no sign-in: whoever has a second factor is asked for it as ever.
// It ends every session and grant, and every other link and code of the person. The package owns its two pages and the link. What a password must be
// like, how mails go out and how often, and what ends with a password, belong to others.
package recovery
