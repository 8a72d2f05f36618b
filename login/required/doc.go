// Package required is what a person must do after they have proved who they are and before any application, or a page of theirs, gets an answer: change
// the password, confirm the mail address, accept the terms.
//
// It owns the table of these actions: for each, whether it is due for the person as their row stands, and its page. The dispatcher and the edge ask Rules;
// nothing else decides. It owns neither sign-in (login) nor what a change of a person writes (internal/directory).
package required
