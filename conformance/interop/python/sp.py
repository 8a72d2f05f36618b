"""pysaml2 as a service provider on a site of its own."""
import html
import json

import site_of_tests as site
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT
from saml2.xml.schema import validate


class Application:
    def __init__(self, m):
        self.sent, self.people = {}, {}
        self.options = {
            "entityid": m["url"] + "/metadata", "xmlsec_binary": m["xmlsec"], "key_file": m["key"], "cert_file": m["certificate"], "accepted_time_diff": 60,
            "encryption_keypairs": [{"key_file": m["key"], "cert_file": m["certificate"]}], "signing_algorithm": site.RSA_SHA256, "digest_algorithm": site.SHA256,
            "allow_unknown_attributes": True,
            "service": {"sp": {
                "endpoints": {
                    "assertion_consumer_service": [(m["url"] + "/acs", BINDING_HTTP_POST)], "single_logout_service": [(m["url"] + "/slo", BINDING_HTTP_REDIRECT)],
                },
                "authn_requests_signed": True, "logout_requests_signed": True, "want_assertions_signed": True, "want_response_signed": False,
                "name_id_format": [NAMEID_FORMAT_PERSISTENT], "allow_unsolicited": False,
            }},
        }
        self.config = SPConfig().load(dict(self.options))

    def know(self, m):
        validate(m["metadata"])
        self.config = SPConfig().load(dict(self.options, metadata={"inline": [m["metadata"]]}))
        self.client = Saml2Client(config=self.config)
        self.idp = m["idp"]

    def get_metadata(self, r):
        return 200, str(entity_descriptor(self.config)), "application/samlmetadata+xml"

    def get_start(self, r):
        binding = BINDING_HTTP_POST if r.fields.get("by") == "post" else BINDING_HTTP_REDIRECT
        key, used, info = self.client.prepare_for_negotiated_authenticate(
            entityid=self.idp, binding=binding, relay_state="their state", sign=True, sigalg=site.RSA_SHA256, digest_alg=site.SHA256)
        self.sent[key] = "/"
        if used == BINDING_HTTP_REDIRECT:
            return 302, dict(info["headers"])["Location"]
        return 200, info["data"]

    def post_acs(self, r):
        answer = self.client.parse_authn_request_response(r.fields["SAMLResponse"], BINDING_HTTP_POST, outstanding=self.sent)
        if r.fields.get("RelayState") != "their state":
            raise ValueError("another state")
        self.people[r.who] = answer.name_id, answer.session_info()["session_index"], answer.ava
        return 303, "/"

    def get_home(self, r):
        who = self.people.get(r.who)
        said = html.escape(json.dumps({"name": who[0].text, "session": who[1], **who[2]})) if who else ""
        return 200, site.page("Acme Files", f'<p id="{"app" if who else "nobody"}">{said}</p>')

    def get_out(self, r):
        name, session, _ = self.people.pop(r.who)
        at = self.client.metadata.single_logout_service(self.idp, BINDING_HTTP_REDIRECT, "idpsso")[0]["location"]
        self.bye, request = self.client.create_logout_request(at, self.idp, name_id=name, session_indexes=[session], sign=False)
        sent = self.client.apply_binding(BINDING_HTTP_REDIRECT, str(request), at, "bye", sign=True, sigalg=site.RSA_SHA256)
        return 302, dict(sent["headers"])["Location"]

    def get_slo(self, r):
        q = r.fields
        if "SAMLResponse" in q:
            answer = self.client.parse_logout_request_response(q["SAMLResponse"], BINDING_HTTP_REDIRECT)
            if answer.in_response_to != self.bye or not answer.status_ok() or q.get("RelayState") != "bye":
                raise ValueError("another answer")
            return 200, site.page("Signed out", '<p id="gone">Everywhere</p>')
        name = self.people[r.who][0]  # a Lax cookie comes with a navigation
        info = self.client.handle_logout_request(q["SAMLRequest"], name, BINDING_HTTP_REDIRECT, relay_state=q["RelayState"], sign=True, sign_alg=site.RSA_SHA256)
        del self.people[r.who]
        return 302, dict(info["headers"])["Location"]


if __name__ == "__main__":
    site.run(Application)
