// Package drills breaks running servers on purpose and counts what is lost: races for one code or one refresh token, kill -9 under load, copies of a
// database in the middle of a write, stops, starts at once, and a database that goes away.
//
// A server here is this test binary, started once more as a child that runs internal/app. The parent keeps a ledger of what it was fully answered;
// whatever is in it must hold afterwards. JEDAN_RACES and JEDAN_KILLS say how much (40 and 5), JEDAN_HUNG has providers
// hang in windows of so many seconds (1), JEDAN_SEED repeats a run's choices, JEDAN_TEST_POSTGRES adds PostgreSQL, and JEDAN_DRILLS_REPORT names the file
// that gets the figures: docs/drills.md.
package drills
