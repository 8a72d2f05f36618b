// Package file is a master key in a file that only its owner reads, or in bytes from the environment.
package file
