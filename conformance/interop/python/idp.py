"""pysaml2 as an identity provider on a site of its own. Whoever types a name is that person."""
import functools
import html
import secrets

import saml2.entity
import site_of_tests as site
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT
from saml2.samlp import response_from_string
from saml2.server import Server

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


def aes(server, algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"):
    """pysaml2 encrypts by 3DES, which is refused here, and has no setting for it."""
    saml2.entity.pre_encryption_part = functools.partial(saml2.entity.pre_encryption_part, msg_enc=algorithm)
    crypto = server.sec.crypto
    plain = crypto.encrypt_assertion
    crypto.encrypt_assertion = lambda statement, key, text, key_type, *rest, **more: plain(statement, key, text, "aes-256", *rest, **more)


class Provider:
    def __init__(self, m):
        self.m, self.waiting, self.people = m, {}, {}
        self.options = {
            "entityid": m["url"] + "/metadata", "xmlsec_binary": m["xmlsec"], "key_file": m["key"], "cert_file": m["certificate"], "accepted_time_diff": 60,
            "signing_algorithm": site.RSA_SHA256, "digest_algorithm": site.SHA256,
            "service": {"idp": {
                "endpoints": {
                    "single_sign_on_service": [(m["url"] + "/sso", b) for b in (BINDING_HTTP_REDIRECT, BINDING_HTTP_POST)],
                    "single_logout_service": [(m["url"] + "/slo", BINDING_HTTP_REDIRECT)],
                },
                "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None, "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
                "subject_data": m["dir"] + "/subjects", "name_id_format": [NAMEID_FORMAT_PERSISTENT], "want_authn_requests_signed": True,
            }},
        }
        self.config = IdPConfig().load(dict(self.options))

    def know(self, m):
        """The metadata of the service provider, and whether assertions are encrypted."""
        self.encrypt = m.get("encrypt", False)
        self.config = IdPConfig().load(dict(self.options, metadata={"inline": [m["metadata"]]}))
        self.server = Server(config=self.config)
        if self.encrypt:
            aes(self.server)

    def get_metadata(self, r):
        return 200, str(entity_descriptor(self.config)), "application/samlmetadata+xml"

    def get_sso(self, r):
        q = r.fields
        asked = self.server.parse_authn_request(q["SAMLRequest"], BINDING_HTTP_REDIRECT, relay_state=q.get("RelayState"), sigalg=q["SigAlg"], signature=q["Signature"])
        return self.sso(r, asked)

    def post_sso(self, r):
        return self.sso(r, self.server.parse_authn_request(r.fields["SAMLRequest"], BINDING_HTTP_POST))

    def sso(self, r, asked):
        key = secrets.token_urlsafe()
        self.waiting[key] = asked.message, r.fields.get("RelayState")
        return 200, site.page("Sign in", f'<form method="post" action="/login"><input type="hidden" name="key" value="{key}"><input id="name" name="name"><button id="go">Go</button></form>')

    def post_login(self, r):
        asked, state = self.waiting.pop(r.fields["key"])
        name = r.fields["name"]
        args = self.server.response_args(asked, [BINDING_HTTP_POST])
        response = self.server.create_authn_response(
            {"mail": f"{name}@upstream.test", "givenName": name.title(), "sn": "of pysaml2"}, userid=name, authn={"class_ref": PASSWORD, "authn_auth": "x"},
            sign_response=True, sign_assertion=True, encrypt_assertion=self.encrypt, sign_alg=site.RSA_SHA256, digest_alg=site.SHA256,
            in_response_to=args["in_response_to"], destination=args["destination"], sp_entity_id=args["sp_entity_id"], name_id_policy=args["name_id_policy"],
        )
        if not self.encrypt:
            said = response_from_string(str(response)).assertion[0]
            self.people[r.who] = args["sp_entity_id"], said.subject.name_id, said.authn_statement[0].session_index
        return 200, self.server.apply_binding(BINDING_HTTP_POST, str(response), args["destination"], state, response=True)["data"]

    def get_home(self, r):
        return 200, site.page("Identity provider", f'<p id="who">{html.escape(str(r.who in self.people))}</p><a id="out" href="/out">Sign out</a>')

    def get_out(self, r):
        """Whoever signs out here signs out at the service provider, too."""
        sp, name, session = self.people.pop(r.who)
        at = self.server.metadata.single_logout_service(sp, BINDING_HTTP_REDIRECT, "spsso")[0]["location"]
        self.bye, request = self.server.create_logout_request(at, sp, name_id=name, session_indexes=[session], sign=False)
        sent = self.server.apply_binding(BINDING_HTTP_REDIRECT, str(request), at, "bye", sign=True, sigalg=site.RSA_SHA256)
        return 302, dict(sent["headers"])["Location"]

    def get_slo(self, r):
        q = r.fields
        if "SAMLResponse" in q:
            answer = self.server.parse_logout_request_response(q["SAMLResponse"], BINDING_HTTP_REDIRECT)
            if answer.in_response_to != self.bye or not answer.status_ok() or q.get("RelayState") != "bye":
                raise ValueError("another answer")
            return 200, site.page("Signed out", '<p id="gone">Everywhere</p>')
        asked = self.server.parse_logout_request(q["SAMLRequest"], BINDING_HTTP_REDIRECT, relay_state=q.get("RelayState"), sigalg=q["SigAlg"], signature=q["Signature"]).message
        for who in [w for w, (_, name, _) in self.people.items() if name.text == asked.name_id.text]:
            del self.people[who]
        answer = self.server.create_logout_response(asked, [BINDING_HTTP_REDIRECT], sign=False)
        sent = self.server.apply_binding(BINDING_HTTP_REDIRECT, str(answer), answer.destination, q.get("RelayState", ""), response=True, sign=True, sigalg=site.RSA_SHA256)
        return 302, dict(sent["headers"])["Location"]


if __name__ == "__main__":
    site.run(Provider)
