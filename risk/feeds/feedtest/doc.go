// Package feedtest is a fake of every feed, after what their makers document: where they are asked, with which header, and how they answer when all is well, when the key is wrong, when
// the quota is used up, and when they are broken in one way or another.
//
// It owns no feed's code: whatever it answers, it answers by itself.
package feedtest
