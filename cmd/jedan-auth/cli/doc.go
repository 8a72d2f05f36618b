// Package cli is the command line of jedan-auth: one file for each verb, over internal/app.
//
// Every command takes --config, --data, --database and --output, and ends with 0 (done), 1 (refused) or 2 (wrong usage). Secrets are read from
// standard input or from files, never from arguments. What it prints holds no personal data unless that was asked for.
package cli
