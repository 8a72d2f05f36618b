"""pysaml2 as an identity provider, which a test talks to: a line of JSON for each thing to do, a line of JSON back. The first line sets it up."""
import functools
import json
import sys
import urllib.parse

import saml2.entity
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


# pysaml2 encrypts by 3DES and has no setting for it. 3DES is refused; what it would do with AES is what is tested.
template = saml2.entity.pre_encryption_part


class Provider:
    def __init__(self, m):
        config = IdPConfig().load({
            "entityid": m["entity_id"], "xmlsec_binary": m["xmlsec"], "key_file": m["key"], "cert_file": m["certificate"],
            "metadata": {"local": [m["metadata"]]}, "accepted_time_diff": 60, "signing_algorithm": RSA_SHA256, "digest_algorithm": SHA256,
            "service": {"idp": {
                "endpoints": {
                    "single_sign_on_service": [(m["sso"], BINDING_HTTP_REDIRECT), (m["sso"] + "/post", BINDING_HTTP_POST)],
                    "single_logout_service": [(m["slo"], BINDING_HTTP_REDIRECT)],
                },
                "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None, "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
                "subject_data": m["dir"] + "/subjects", "name_id_format": [NAMEID_FORMAT_PERSISTENT], "want_authn_requests_signed": True,
            }},
        })
        self.server = Server(config=config)
        self.config = config

    def cipher(self, m):
        """From here on assertions are encrypted by it."""
        saml2.entity.pre_encryption_part = functools.partial(template, msg_enc=m["algorithm"])
        crypto = self.server.sec.crypto
        crypto.encrypt_assertion = functools.partial(type(crypto).encrypt_assertion, crypto)
        plain = crypto.encrypt_assertion
        crypto.encrypt_assertion = lambda statement, key, text, key_type, *rest, **more: plain(statement, key, text, m["key_type"], *rest, **more)
        return {}

    def metadata(self, m):
        return {"xml": str(entity_descriptor(self.config))}

    def parse(self, method, m):
        q = {k: v[0] for k, v in urllib.parse.parse_qs(urllib.parse.urlsplit(m["url"]).query).items()} if m.get("url") else {}
        if q:
            return method(q["SAMLRequest"], BINDING_HTTP_REDIRECT, relay_state=q.get("RelayState"), sigalg=q["SigAlg"], signature=q["Signature"])
        return method(m["form"], BINDING_HTTP_POST)

    def sign_in(self, m):
        request = self.parse(self.server.parse_authn_request, m).message
        args = self.server.response_args(request, [BINDING_HTTP_POST])
        response = self.server.create_authn_response(
            {"mail": "maria@example.org", "givenName": "Maria", "sn": "Muster"}, userid="maria", authn={"class_ref": PASSWORD, "authn_auth": "x"},
            sign_response=m["sign_response"], sign_assertion=m["sign_assertion"], encrypt_assertion=m["encrypt"], sign_alg=RSA_SHA256, digest_alg=SHA256,
            in_response_to=args["in_response_to"], destination=args["destination"], sp_entity_id=args["sp_entity_id"], name_id_policy=args["name_id_policy"],
        )
        return {"xml": str(response)}

    def sign_out(self, m):
        name = NameID(format=m["format"], name_qualifier=m["name_qualifier"], sp_name_qualifier=m["sp_name_qualifier"], text=m["value"])
        request_id, request = self.server.create_logout_request(m["destination"], m["issuer"], name_id=name, session_indexes=[m["session"]], sign=False)
        sent = self.server.apply_binding(BINDING_HTTP_REDIRECT, str(request), m["destination"], "their state", sign=True, sigalg=RSA_SHA256)
        return {"url": dict(sent["headers"])["Location"], "id": request_id}

    def read_sign_out(self, m):
        request = self.parse(self.server.parse_logout_request, m).message
        response = self.server.create_logout_response(request, [BINDING_HTTP_REDIRECT], sign=False)
        sent = self.server.apply_binding(BINDING_HTTP_REDIRECT, str(response), response.destination, m["state"], response=True, sign=True, sigalg=RSA_SHA256)
        return {"url": dict(sent["headers"])["Location"], "value": request.name_id.text, "session": request.session_index[0].text}


def main():
    provider = None
    for line in sys.stdin:
        m = json.loads(line)
        try:
            if provider is None:
                provider, answer = Provider(m), {}
                answer = provider.metadata(m)
            else:
                answer = getattr(provider, m["do"])(m)
        except Exception as e:  # whatever it is, it is told
            answer = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
