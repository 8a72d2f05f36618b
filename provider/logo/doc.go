// Package logo serves the pictures that clients registered (logo_uri) from our own origin, so that no page of ours makes a browser ask anybody else. It
// fetches them when they are first looked at, within bounds, and passes on only what is a picture of a type that cannot carry scripts.
package logo
