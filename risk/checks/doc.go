// Package checks is the table of what risk looks at: one rule a row, one rule a file.
//
// A check's values are logarithms of odds: how much likelier what it sees is when somebody else tries than when the person does. Weights make up for what several
// checks see at once. They were set by reasoning and by the measurement's seed 1, and stand in Rows.
package checks
