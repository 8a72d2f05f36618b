// Package rp signs people in to applications that use the libraries of others: go-oidc with x/oauth2, openid-client on Node, Authlib on Python.
//
// Whatever is wrong in our own tests and in the server alike shows here. The two scripts need their libraries installed once, and their tests an
// environment that names them; without it they are skipped:
//
//	(cd conformance/rp/node && npm ci)
//	python3 -m venv V && V/bin/pip install -r conformance/rp/python/requirements.txt
//	JEDAN_RP_NODE=conformance/rp/node JEDAN_RP_PYTHON=V/bin/python go test ./conformance/rp
package rp
