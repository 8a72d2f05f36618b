// Package geotest writes location files of the MaxMind format for tests: every address has the same entry. What reads them is package geo.
package geotest
