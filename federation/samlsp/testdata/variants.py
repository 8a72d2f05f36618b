"""Responses by another stack: lxml's canonical XML (libxml2) and signxml's signatures.

Prints JSON, a line each: first the certificate, then responses with the check that must refuse them ("": none, they are accepted). Each attack is one
change away from a response that was printed as harmless before it. Run by TestVariantsByAnotherStack where JEDAN_SAML_PYTHON names an interpreter:

    python3 -m venv V && V/bin/pip install -r federation/samlsp/testdata/requirements.txt
    JEDAN_SAML_PYTHON=V/bin/python go test -run TestVariantsByAnotherStack -v ./federation/samlsp
"""
import base64
import copy
import datetime
import itertools
import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import XMLSigner, methods

P = "urn:oasis:names:tc:SAML:2.0:protocol"
A = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
XS = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
IDP = "https://idp.example.org/metadata"
SP = "https://id.example.com/saml/corp"
ACS = SP + "/acs"

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate():
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "another stack")])
    cert = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key()).serial_number(1)
        .not_valid_before(datetime.datetime(2026, 11, 1)).not_valid_after(datetime.datetime(2028, 11, 1)).sign(KEY, hashes.SHA256())
    )
    return cert.public_bytes(serialization.Encoding.PEM).decode()


CERT = certificate()
PEM = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

VALUES = {
    "plain": ["maria@corp.test"],
    "typed": ["maria@corp.test"],
    "letters": ["maria@corp.test", "tabs\tand\nlines", "&<>\"'", "caf\u00e9 \U0001f600 \u4e2d", "cr\rcr", "  around  "],
}


def prefixed(prefix, tag):
    return prefix + ":" + tag if prefix else tag


def escape(s):
    for a, b in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        s = s.replace(a, b)
    return s


def response(p, a, gap, values):
    """The text of a response to _request, unsigned."""
    n = lambda tag: prefixed(a, tag)
    decl = lambda prefix, ns: f' xmlns{":" + prefix if prefix else ""}="{ns}"'
    typed = f' xmlns:xs="{XS}" xmlns:xsi="{XSI}" xsi:type="xs:string"' if values == "typed" else ""
    items = "".join(f'<{n("AttributeValue")}{typed}>{escape(v)}</{n("AttributeValue")}>' for v in VALUES[values][1:])
    subject = (
        f'<{n("Subject")}><{n("NameID")} Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">maria-7</{n("NameID")}>'
        f'<{n("SubjectConfirmation")} Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><{n("SubjectConfirmationData")} Recipient="{ACS}" '
        f'NotOnOrAfter="2026-11-30T12:05:00Z" InResponseTo="_request"/></{n("SubjectConfirmation")}></{n("Subject")}>'
    )
    conditions = (
        f'<{n("Conditions")} NotOnOrAfter="2026-11-30T12:05:00.000Z" NotBefore="2026-11-30T12:00:00.000Z"><{n("AudienceRestriction")}><{n("Audience")}>{SP}'
        f'</{n("Audience")}></{n("AudienceRestriction")}></{n("Conditions")}>'
    )
    statement = (
        f'<{n("AuthnStatement")} SessionIndex="_s" AuthnInstant="2026-11-30T12:00:20Z"><{n("AuthnContext")}><{n("AuthnContextClassRef")}>'
        f'urn:oasis:names:tc:SAML:2.0:ac:classes:Password</{n("AuthnContextClassRef")}></{n("AuthnContext")}></{n("AuthnStatement")}>'
    )
    attributes = (
        f'<{n("AttributeStatement")}><{n("Attribute")} Name="mail" FriendlyName="a &amp; &quot;b&quot; &lt; &#9;c"><{n("AttributeValue")}{typed}>{VALUES[values][0]}</{n("AttributeValue")}>'
        f'</{n("Attribute")}><{n("Attribute")} Name="others">{items}</{n("Attribute")}></{n("AttributeStatement")}>'
    )
    assertion = gap.join([
        f'<{n("Assertion")}{decl(a, A)} Version="2.0" ID="_assertion" IssueInstant="2026-11-30T12:00:30Z">', f'<{n("Issuer")}>{IDP}</{n("Issuer")}>',
        subject, conditions, statement, attributes, f'</{n("Assertion")}>',
    ])
    return gap.join([
        f'<{prefixed(p, "Response")}{decl(p, P)} IssueInstant="2026-11-30T12:00:30Z" ID="_response" Version="2.0" Destination="{ACS}" InResponseTo="_request">',
        f'<{n("Issuer")}{decl(a, A)}>{IDP}</{n("Issuer")}>',
        f'<{prefixed(p, "Status")}><{prefixed(p, "StatusCode")} Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></{prefixed(p, "Status")}>', assertion,
        f'</{prefixed(p, "Response")}>',
    ])


def sign(el, prefix, sha, inclusive, key_info):
    """The element signed, its signature after the issuer."""
    if inclusive:
        return sign_inclusive(el, prefix, sha, inclusive, key_info)
    signer = XMLSigner(method=methods.enveloped, signature_algorithm="rsa-" + sha, digest_algorithm=sha, c14n_algorithm=EXC)
    signer.namespaces = {prefix or None: DS}
    place = etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={prefix or None: DS})
    el.find(f"{{{A}}}Issuer").addnext(place)
    return signer.sign(el, key=PEM, cert=CERT if key_info else None, reference_uri="#" + el.get("ID"), id_attribute="ID")


def sign_inclusive(el, prefix, sha, inclusive, key_info):
    """The same with inclusive namespaces, which signxml leaves out of enveloped signatures: by libxml2's canonical XML alone."""
    algorithm = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512()}[sha]
    digest = hashes.Hash(algorithm)
    digest.update(etree.tostring(el, method="c14n", exclusive=True, inclusive_ns_prefixes=inclusive))
    n = lambda tag: prefixed(prefix, tag)
    certificate = "".join(CERT.splitlines()[1:-1])
    info = f'<{n("KeyInfo")}><{n("X509Data")}><{n("X509Certificate")}>{certificate}</{n("X509Certificate")}></{n("X509Data")}></{n("KeyInfo")}>' if key_info else ""
    sig = etree.fromstring(
        f'<{n("Signature")} xmlns{":" + prefix if prefix else ""}="{DS}"><{n("SignedInfo")}><{n("CanonicalizationMethod")} Algorithm="{EXC}"/>'
        f'<{n("SignatureMethod")} Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-{sha}"/><{n("Reference")} URI="#{el.get("ID")}"><{n("Transforms")}>'
        f'<{n("Transform")} Algorithm="{DS}enveloped-signature"/><{n("Transform")} Algorithm="{EXC}"><ec:InclusiveNamespaces xmlns:ec="{EXC}" '
        f'PrefixList="{" ".join(inclusive)}"/></{n("Transform")}></{n("Transforms")}><{n("DigestMethod")} Algorithm="http://www.w3.org/2001/04/xmlenc#{sha}"/>'
        f'<{n("DigestValue")}>{base64.b64encode(digest.finalize()).decode()}</{n("DigestValue")}></{n("Reference")}></{n("SignedInfo")}>'
        f'<{n("SignatureValue")}/>{info}</{n("Signature")}>'
    )
    signed = KEY.sign(etree.tostring(sig[0], method="c14n", exclusive=True), padding.PKCS1v15(), algorithm)
    sig[1].text = base64.encodebytes(signed).decode()
    el.find(f"{{{A}}}Issuer").addnext(sig)
    return el


def whole(p, a, s, gap, values, who, sha, inclusive, key_info):
    root = etree.fromstring(response(p, a, gap, values))
    if who != "response":
        old = root.find(f"{{{A}}}Assertion")
        tail = old.tail
        new = sign(etree.fromstring(etree.tostring(old, with_tail=False)), s, sha, inclusive, key_info)
        root.replace(old, new)
        new.tail = tail
    if who != "assertion":
        root = sign(root, s, sha, inclusive, key_info)
    return root


def emit(name, check, root):
    text = root if isinstance(root, str) else etree.tostring(root, encoding="unicode")
    json.dump({"name": name, "check": check, "xml": text}, sys.stdout)
    print()


def harmless():
    prefixes = [("samlp", "saml", "ds"), ("saml2p", "saml2", "ds"), ("", "saml", ""), ("samlp", "", "dsig"), ("a", "b", "")]
    for (p, a, s), gap, values, who in itertools.product(prefixes, ["", "\n  ", " \t\n"], VALUES, ["assertion", "response", "both"]):
        for sha, inclusive, key_info in (("sha256", None, False), ("sha512", ["xs", "xsi"] + [x for x in (p, a) if x], True)):
            root = whole(p, a, s, gap, values, who, sha, inclusive, key_info)
            yield f"{p}/{a}/{s} {gap!r} {values} {who} {sha} {inclusive}", who, root


def evil(assertion, new_id):
    out = copy.deepcopy(assertion)
    for sig in out.findall(f"{{{DS}}}Signature"):
        out.remove(sig)
    out.set("ID", new_id)
    out.find(f".//{{{A}}}NameID").text = "victim"
    out.tail = None
    return out


def expected(root):
    """The row that must refuse a wrapped response: the first of those that it breaks."""
    ids = [v for el in root.iter() for k, v in el.attrib.items() if k.lower() == "id"]
    if len(ids) != len(set(ids)):
        return "saml_document.ids"
    for sig in root.iter(f"{{{DS}}}Signature"):
        parent = sig.getparent()
        placed = parent is root or parent.getparent() is root and parent.tag == f"{{{A}}}Assertion"
        if not placed or len(parent.findall(f"{{{DS}}}Signature")) > 1:
            return "saml_response.signatures"
    return "saml_response.wrapped"


def wrapped(name, root):
    """An assertion for somebody else at every place."""
    good = root.find(f"{{{A}}}Assertion")
    places = [(at, i) for at, el in enumerate(root.iter()) for i in range(len(el) + 1)]
    for (at, i), new_id, kind in itertools.product(places, ["_evil", "_assertion"], ["bare", "signed", "around", "moved"]):
        c = copy.deepcopy(root)
        slot = list(c.iter())[at]
        bad = evil(good, new_id)
        original = c.find(f"{{{A}}}Assertion")
        sig = original.find(f"{{{DS}}}Signature")
        if kind in ("signed", "moved") and sig is not None:
            bad.insert(1, copy.deepcopy(sig))
        if kind == "moved" and sig is not None and sig not in slot.iterancestors() and slot is not sig:
            original.remove(sig)
        if kind == "around":
            bad.append(copy.deepcopy(original))
        slot.insert(min(i, len(slot)), bad)
        emit(f"{name}: {kind} {new_id} in {slot.tag} {at} at {i}", expected(c), c)


def texts(name, root):
    """Comments and processing instructions in every text, letters changed in every text and attribute that is signed."""
    for n, el in enumerate(root.iter()):
        for what, node in (("comment", etree.Comment("")), ("instruction", etree.ProcessingInstruction("x"))):
            c = copy.deepcopy(root)
            at = list(c.iter())[n]
            text, at.text = at.text or "", (at.text or "")[: len(at.text or "") // 2]
            new = copy.deepcopy(node)
            at.insert(0, new)
            new.tail = text[len(text) // 2:]
            emit(f"{name}: {what} in {el.tag} {n}", "saml_document.markup", c)


def signed_values(name, root, who):
    """Every attribute and text of the signed element changed, the signature's own parts left alone."""
    base = root if who != "assertion" else root.find(f"{{{A}}}Assertion")
    for el in base.iter():
        if el.tag.startswith(f"{{{DS}}}") or el is base or any(up.tag == f"{{{DS}}}Signature" for up in el.iterancestors()):
            continue
        n = list(root.iter()).index(el)
        for key in [None, *el.attrib]:
            c = copy.deepcopy(root)
            at = list(c.iter())[n]
            if key is None:
                at.text = (at.text or "") + "x"
            else:
                at.set(key, at.get(key) + "x")
            if (el.tag, key) == (f"{{{A}}}Assertion", "ID"):
                continue
            emit(f"{name}: {key or 'text'} of {el.tag} {n} changed", "saml_signature.value", c)


def algorithms(name, root):
    """The parts of a signature exchanged."""
    weak = {
        "SignatureMethod": [(DS + "rsa-sha1", "saml_signature.method"), (DS + "hmac-sha1", "saml_signature.method"), ("", "saml_signature.method")],
        "CanonicalizationMethod": [
            ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "saml_signature.canonicalization"), (EXC + "WithComments", "saml_signature.canonicalization"),
            ("http://www.w3.org/2006/12/xml-c14n11", "saml_signature.canonicalization"),
        ],
        "DigestMethod": [(DS + "sha1", "saml_signature.digest"), ("http://www.w3.org/2001/04/xmldsig-more#md5", "saml_signature.digest")],
        "Transform": [
            ("http://www.w3.org/TR/1999/REC-xslt-19991116", "saml_signature.transforms"), ("http://www.w3.org/TR/1999/REC-xpath-19991116", "saml_signature.transforms"),
            ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "saml_signature.transforms"), (EXC + "WithComments", "saml_signature.transforms"),
        ],
    }
    for tag, others in weak.items():
        for n in range(len(root.findall(f".//{{{DS}}}{tag}"))):
            for algorithm, check in others:
                c = copy.deepcopy(root)
                c.findall(f".//{{{DS}}}{tag}")[n].set("Algorithm", algorithm)
                if "both" in name and n >= len(root.findall(f".//{{{DS}}}{tag}")) // 2:
                    check = "saml_signature.value"  # the response's signature is looked at first, and covers the other
                emit(f"{name}: {tag} {n} {algorithm}", check, c)
    for n in range(len(root.findall(f".//{{{DS}}}Reference"))):
        for uri in ("", "#_other", "http://127.0.0.1/", "#xpointer(/)"):
            c = copy.deepcopy(root)
            c.findall(f".//{{{DS}}}Reference")[n].set("URI", uri)
            emit(f"{name}: Reference {n} {uri}", "saml_signature.value" if "both" in name and n else "saml_signature.reference", c)


def main():
    print(json.dumps({"certificate": CERT}))
    for i, (name, who, root) in enumerate(harmless()):
        emit(name, "", root)
        if i % 60 == 7 or i < 3:
            wrapped(name, root)
            texts(name, root)
            signed_values(name, root, who)
            algorithms(name, root)


if __name__ == "__main__":
    main()
