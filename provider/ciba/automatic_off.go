//go:build !conformance

package ciba

import "github.com/jedan-auth/jedan-auth/internal/httpx"

// mountAutomatic adds nothing: only people answer.
func (e *Endpoint) mountAutomatic(httpx.Router) {}
