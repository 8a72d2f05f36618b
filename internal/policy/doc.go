// Package policy decides what an operator's rules want of a sign-in: rules in the Common Expression Language over client, person, request, session,
// device, network, risk and time.
//
// It owns the rules, what they may look at, and how several that apply make one decision: the strictest of each. Where decisions are held is for those
// who ask. Whatever cannot be evaluated is denied.
package policy
