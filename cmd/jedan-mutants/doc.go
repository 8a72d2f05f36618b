// Command jedan-mutants shows that every row of the tables of checks is tested: it takes one row at a time out of the source (go test -overlay, so
// that no file changes), runs the tests that conformance/attacks/data/rows.tsv names for it, and expects one of them to fail. It writes
// docs/mutants.md, and exits 1 when a mutant survives, does not build, or a row is watched by nobody.
//
// With -attacks it writes docs/attacks.md instead, or with -check says whether it is fresh.
package main
