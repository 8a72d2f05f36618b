// Package replay is the format in which sign-ins are written down, to be judged again: one JSON object a line.
//
// It reads what anybody has collected, refuses what cannot be true (times that go back, a success of nobody) with the number of its line, and keeps the label
// of an event, where there is one, apart from what a check may see. It owns neither checks nor figures.
package replay
