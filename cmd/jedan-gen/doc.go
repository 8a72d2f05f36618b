// Command jedan-gen writes what is generated from the code into docs/reference: the configuration reference and the command line's. It owns no
// facts of its own: keys, defaults and meanings come from internal/app's tags, commands and flags from cmd/jedan-auth/cli.
package main
