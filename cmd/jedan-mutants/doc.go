// Command jedan-mutants shows that every row of the tables of checks is tested: it builds the tests once over a source in which each row can be left
// out (go test -overlay, so that no file changes), then leaves out one row at a time, runs the tests that conformance/attacks/data/rows.tsv names for
// it, and expects one of them to fail. It writes docs/mutants.md, and exits 1 when a mutant survives, or a row is watched by nobody.
//
// With -attacks it writes docs/attacks.md instead, or with -check says whether it is fresh.
package main
