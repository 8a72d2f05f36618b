// Package cache keeps copies of rows in memory and forgets them when any process changes them.
//
// Feed follows storage.ChangeTail and tells subscribers what is no longer so; Cache holds values until then. When the feed is more than a
// second behind, caches are bypassed and every read goes to the database. A value that was loaded while a change came in is not kept.
package cache
