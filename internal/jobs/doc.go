// Package jobs runs what nobody waits for: sweeps and periodic work. A shared job runs once per period among all processes of a database (River's
// queue, on SQLite and PostgreSQL alike); a job of every node runs in each process by a ticker.
//
// It owns River, its tables and their migrations; nothing else imports it. What a job does belongs to the feature that lists it.
package jobs
