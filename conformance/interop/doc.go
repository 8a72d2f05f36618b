// Package interop runs the built program against other people's software, as it is found with those who use it and at sizes that the tests of every change have
// no time for (`make interop`), and writes what was seen into docs/interop.md.
//
// The tests have the build tag interop. Directories:
//
//	JEDAN_INTEROP_LDAP=100000          how many entries OpenLDAP's directory has
//	JEDAN_SLAPD=/usr/sbin/slapd        after apt-get install slapd ldap-utils
//	JEDAN_SAMBA=/usr/sbin/samba        after apt-get install samba-ad-dc samba-ad-provision; as root
//	JEDAN_KRB5KDC=/usr/sbin/krb5kdc    after apt-get install krb5-kdc krb5-admin-server krb5-user; with python3-gssapi MIT's library judges our answers
//
// Signing in with Chromium (JEDAN_CHROMIUM, or chromium of the PATH). What they sign in with, we and the application are three sites over TLS, with names that no two
// share a registrable domain of, so that what a browser does with cookies and forms between sites is met:
//
//	JEDAN_INTEROP_NODE=conformance/interop/node    after (cd conformance/interop/node && npm ci): oidc-provider as upstream
//	JEDAN_KEYCLOAK=B/keycloak-quarkus-dist-26.7.3.zip   the Maven artifact org.keycloak:keycloak-quarkus-dist: as upstream by OpenID Connect and
//	                                               SAML, and as SAML application; a JDK from 17 on
//	JEDAN_SAML_PYTHON=V/bin/python                 an environment with federation/samlsp/testdata/requirements.txt; and xmlsec1: pysaml2 as identity provider
//	                                               and as application
//	JEDAN_NGINX=/usr/sbin/nginx                    after apt-get install nginx-light: before an application that knows nothing of sign-in
//
// `make interop-tools` gets what is no package of Debian's. Their processes have a hosts file of their own, for which unshare (util-linux) must be allowed to mount.
// What is not there is skipped, and its section in the report stays as it was. JEDAN_INTEROP_REPORT names the file of the report.
package interop
