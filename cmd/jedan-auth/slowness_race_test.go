//go:build race

package main

// slowness stretches the bounds of scripts where the race detector slows everything down.
const slowness = 5
