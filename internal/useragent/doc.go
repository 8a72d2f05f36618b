// Package useragent says in a person's words which browser and which system sent a request: "Firefox", "Windows".
//
// It knows what people use today and says nothing of the rest. It decides nothing: whoever sends a header may lie in it.
package useragent
