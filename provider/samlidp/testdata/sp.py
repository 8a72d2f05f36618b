"""pysaml2 as a service provider, which a test talks to: a line of JSON for each thing to do, a line of JSON back. The first line sets it up."""
import base64
import json
import sys
import urllib.parse

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT
from saml2.xml.schema import validate

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


class Application:
    def __init__(self, m):
        self.entity = m["entity_id"]
        self.options = {
            "entityid": m["entity_id"], "xmlsec_binary": m["xmlsec"], "key_file": m["key"], "cert_file": m["certificate"], "accepted_time_diff": 60,
            "encryption_keypairs": [{"key_file": m["key"], "cert_file": m["certificate"]}], "signing_algorithm": RSA_SHA256, "digest_algorithm": SHA256,
            "allow_unknown_attributes": True,
            "service": {"sp": {
                "endpoints": {
                    "assertion_consumer_service": [(m["acs"], BINDING_HTTP_POST)], "single_logout_service": [(m["slo"], BINDING_HTTP_REDIRECT)],
                },
                "authn_requests_signed": True, "logout_requests_signed": True, "want_assertions_signed": True, "want_response_signed": False,
                "name_id_format": [NAMEID_FORMAT_PERSISTENT], "allow_unsolicited": False,
            }},
        }
        self.config = SPConfig().load(dict(self.options))

    def metadata(self, m):
        return {"xml": str(entity_descriptor(self.config))}

    def know(self, m):
        """The identity provider's metadata, which validates against the schemas."""
        validate(m["xml"])
        self.config = SPConfig().load(dict(self.options, metadata={"inline": [m["xml"]]}))
        self.client = Saml2Client(config=self.config)
        self.idp = m["idp"]
        return {}

    def request(self, m):
        binding = BINDING_HTTP_POST if m["post"] else BINDING_HTTP_REDIRECT
        self.sent, _, info = self.negotiate(binding)
        return info

    def negotiate(self, binding):
        reqid, used, info = self.client.prepare_for_negotiated_authenticate(
            entityid=self.idp, binding=binding, relay_state="their state", sign=True, sigalg=RSA_SHA256, digest_alg=SHA256)
        if used == BINDING_HTTP_REDIRECT:
            return reqid, used, {"url": dict(info["headers"])["Location"]}
        return reqid, used, {"form": info["data"]}

    def response(self, m):
        r = self.client.parse_authn_request_response(m["response"], BINDING_HTTP_POST, outstanding={self.sent: "/"})
        validate(base64.b64decode(m["response"]).decode())
        self.name = r.name_id
        return {"name": str(r.name_id.text), "session": r.session_info()["session_index"], "attributes": json.dumps(r.ava), "format": r.name_id.format}

    def sign_out(self, m):
        reqid, request = self.client.create_logout_request(
            m["slo"], self.idp, name_id=self.name, session_indexes=[m["session"]], sign=False)
        self.bye = reqid
        sent = self.client.apply_binding(BINDING_HTTP_REDIRECT, str(request), m["slo"], "their state", sign=True, sigalg=RSA_SHA256)
        return {"url": dict(sent["headers"])["Location"]}

    def signed_out(self, m):
        q = {k: v[0] for k, v in urllib.parse.parse_qs(urllib.parse.urlsplit(m["url"]).query).items()}
        r = self.client.parse_logout_request_response(q["SAMLResponse"], BINDING_HTTP_REDIRECT)
        if r.in_response_to != self.bye or not r.status_ok():
            raise ValueError("another answer")
        return {}

    def told(self, m):
        """A sign-out that reaches us by the browser: the address of our answer."""
        q = {k: v[0] for k, v in urllib.parse.parse_qs(urllib.parse.urlsplit(m["url"]).query).items()}
        info = self.client.handle_logout_request(q["SAMLRequest"], self.name, BINDING_HTTP_REDIRECT, relay_state=q["RelayState"], sign=True, sign_alg=RSA_SHA256)
        return {"url": dict(info["headers"])["Location"]}


def main():
    app = None
    for line in sys.stdin:
        m = json.loads(line)
        try:
            if app is None:
                app = Application(m)
                answer = app.metadata(m)
            else:
                answer = getattr(app, m["do"])(m)
        except Exception as e:  # whatever it is, it is told
            answer = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
