// Package rp signs people in to applications that use the libraries and programs of others: go-oidc with x/oauth2, openid-client and the MCP SDK on Node,
// Authlib on Python, mod_auth_openidc in apache2, Spring Security, oauth2-proxy. Their people sign in with authenticators of others, too: soft-webauthn and fido2.
//
// Whatever is wrong in our own tests and in the server alike shows here. What others made has to be there, and an environment that names it; without it
// its tests are skipped. `.ci/run` installs all of it:
//
//	JEDAN_RP_NODE=conformance/rp/node        after (cd conformance/rp/node && npm ci)
//	JEDAN_RP_PYTHON=V/bin/python             after python3 -m venv V && V/bin/pip install -r conformance/rp/python/requirements.txt
//	JEDAN_RP_AUTHENTICATOR=V/bin/python      after python3 -m venv V && V/bin/pip install -r conformance/rp/python/authenticators.txt
//	JEDAN_RP_APACHE=/usr/sbin/apache2        after apt-get install apache2-bin libapache2-mod-auth-openidc
//	JEDAN_RP_SPRING=conformance/rp/spring/target/acme.jar   after (cd conformance/rp/spring && mvn package), with a JDK from 17 on
//	JEDAN_RP_OAUTH2_PROXY=B/oauth2-proxy     after GOBIN=B go install github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.6
//
//	go test ./conformance/rp
package rp
