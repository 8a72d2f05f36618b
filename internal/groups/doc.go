// Package groups keeps named sets of people and of other groups, and says which ones somebody is in.
//
// It owns names, what lies within what, and the memory that answers without a query: memberships by person and the whole tree of groups, both forgotten
// when a change says so. It owns no meaning: what a group may do is for who asks (provider).
package groups
