// Package signup lets people make an account of their own: open to all, to the addresses of some domains, or by invitation.
//
// It owns the pages, the mailed links and who may have one. There is no account, and nothing that holds an address, before the link that was mailed to the
// address has been followed: nobody can get hold of another's address by asking first. It owns neither names and profiles (internal/directory) nor the
// sign-in that follows (login).
package signup
