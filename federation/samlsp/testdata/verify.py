"""Reads messages of ours from standard input, a line of JSON each, and holds them against the schemas of SAML (pysaml2's copies) and, where they are
signed, against the certificate with signxml. Says what is wrong on standard error and ends with 1."""
import json
import sys

from lxml import etree
from saml2.xml.schema import validate
from signxml import XMLVerifier

bad = 0
for line in sys.stdin:
    m = json.loads(line)
    try:
        validate(m["xml"])
        if m["certificate"]:
            seen = XMLVerifier().verify(etree.fromstring(m["xml"].encode()), x509_cert=m["certificate"], id_attribute="ID")
            if seen.signed_xml.tag != etree.fromstring(m["xml"].encode()).tag:
                raise ValueError("something else is signed")
    except Exception as e:  # whatever it is, it is told
        bad = 1
        print(m["name"], type(e).__name__, e, file=sys.stderr)
sys.exit(bad)
