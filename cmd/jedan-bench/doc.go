// Command jedan-bench measures what the server costs: CPU time per request of the server process against that of a bare net/http JSON handler.
//
// Both run as children of this program, pinned to one core with one Go processor, and are driven in turn by a closed loop over keep-alive HTTP/1.1
// connections from another core. Ratios of CPU time repeat where requests a second do not. A whole run writes docs/benchmarks.md.
//
// With -against it drives this build's server and an older build's in turn, on worlds of their own, which says what a change costs better than two documents:
// the figures of a busy machine wander, and meet both.
package main
