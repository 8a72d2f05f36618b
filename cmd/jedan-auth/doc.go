// Command jedan-auth is an OAuth 2.1 and OpenID Connect provider, and the tool that administers it: package cli has the commands.
package main
