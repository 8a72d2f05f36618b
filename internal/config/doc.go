// Package config loads typed configuration from one YAML file, the environment
// and flags, and refuses whatever it does not understand.
//
// A configuration is a struct whose fields carry tags:
//
//	AccessLifetime time.Duration `config:"access_lifetime" default:"10m" doc:"How long access tokens live."`
//	Password       config.Secret `config:"password" secret:"true" doc:"…"`
//
// Nested structs are sections. Every key is also an environment variable: JEDAN_
// and the path in capitals with "__" for each level; a secret may come from the
// file that NAME_FILE names. Strength rises from default over file and environment
// to flags. Lists and maps replace each other whole and are JSON in the environment.
//
// All problems are reported at once, each with its key's path, where the value came
// from and why it will not do; the value of a secret is never repeated. Structs
// with a Validate method are asked afterwards, innermost first.
//
// Reference and Commented render the same tags as documentation and as a file.
package config
