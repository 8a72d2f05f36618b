// Package token serves /oauth2/token: the phases that every grant type shares, in one table, so that no grant type can forget one.
//
// It owns client authentication at that endpoint, the choice of the grant type, and the writing of answers. It owns no grant type: provider/code,
// provider/refresh and provider/clientcreds are given to it.
package token
