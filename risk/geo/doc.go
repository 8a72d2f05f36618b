// Package geo finds where an address is, in files of the MaxMind format (GeoLite2 and others: city or country, and operators).
//
// It asks nobody: the files are the operator's. Without one, nothing is known and the checks that need a place say nothing.
package geo
