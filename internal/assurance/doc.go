// Package assurance orders the classes of authentication (acr) and joins what several factors have proved.
//
// It owns the words and their order. What a request demands, and which class a factor reaches, is for those who know.
package assurance
