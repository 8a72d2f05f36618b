// Package redistest starts real Redis servers for tests, ends them roughly, and puts slow lines before them.
//
// It owns how such a server is found (JEDAN_TEST_REDIS names the program, or it is in the PATH) and the skip where there is none.
package redistest
