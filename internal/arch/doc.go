// Package arch enforces the map: which folder may import which, where libraries
// may be named, and that nothing hides in init functions or package variables.
//
// It reads the source files in-process with go/parser, so that the test's cache
// entry depends on them; a test that runs "go list" passes from the cache with
// violations present. It knows no types: rules about variables are stricter than
// needed rather than laxer.
package arch
