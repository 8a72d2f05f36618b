// Package profiles knows what the profiles ask of clients: each is a table of rules with the section of its specification, what a rule fills in
// where a registration says nothing, and a sentence about what contradicts it. Registration judges by them; at run time a client that contradicts its
// profile, or the server's, counts as disabled, and what no setting says is in Demands.
package profiles
