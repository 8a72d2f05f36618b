"""Authenticators of others, for the tests of passkeys: one of soft-webauthn, and one made of Yubico's fido2, whose server part also judges what it answers.

Reads a line of JSON for each ceremony: do (create, get), device (soft, fido2), alg (COSE), options (as the server sent them), origin. Answers each with a line:
the credential as a browser's toJSON has it.
"""

import json
import os
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2.cose import ES256, RS256, EdDSA
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)
from fido2.utils import sha256
from soft_webauthn import SoftWebauthnDevice


def b64(raw):
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Soft:
    """soft-webauthn: ES256, no user verification, no attestation."""

    def __init__(self, _alg):
        self.device = SoftWebauthnDevice()

    def create(self, options, origin):
        key = {**options, "challenge": raw(options["challenge"]), "user": {**options["user"], "id": raw(options["user"]["id"])}, "attestation": "none"}
        key["pubKeyCredParams"] = [{"alg": p["alg"], "type": p["type"]} for p in options["pubKeyCredParams"]]
        made = self.device.create({"publicKey": key}, origin)
        return made["rawId"], {n: b64(made["response"][n]) for n in ("clientDataJSON", "attestationObject")}

    def get(self, options, origin):
        made = self.device.get({"publicKey": {**options, "challenge": raw(options["challenge"])}}, origin)
        return made["rawId"], {n: b64(made["response"][n]) for n in ("clientDataJSON", "authenticatorData", "signature", "userHandle")}


class Fido2:
    """What fido2's classes make: a key of any algorithm, user verification, packed self attestation."""

    def __init__(self, alg):
        self.alg = alg
        self.count = 0
        if alg == ES256.ALGORITHM:
            self.key = ec.generate_private_key(ec.SECP256R1())
            self.cose = ES256.from_cryptography_key(self.key.public_key())
        elif alg == EdDSA.ALGORITHM:
            self.key = ed25519.Ed25519PrivateKey.generate()
            self.cose = EdDSA.from_cryptography_key(self.key.public_key())
        else:
            self.key = rsa.generate_private_key(65537, 2048)
            self.cose = RS256.from_cryptography_key(self.key.public_key())

    def sign(self, message):
        if self.alg == ES256.ALGORITHM:
            return self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        if self.alg == EdDSA.ALGORITHM:
            return self.key.sign(message)
        return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def server(self, rp_id, origin):
        return Fido2Server(PublicKeyCredentialRpEntity(id=rp_id, name="us"), verify_origin=lambda o: o == origin)

    def create(self, options, origin):
        rp = options["rp"]["id"]
        self.handle = raw(options["user"]["id"])
        self.credential = AttestedCredentialData.create(b"\0" * 16, os.urandom(32), self.cose)
        client = CollectedClientData.create("webauthn.create", options["challenge"], origin)
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(sha256(rp.encode()), flags, self.count, self.credential)
        made = AttestationObject.create("packed", data, {"alg": self.alg, "sig": self.sign(data + client.hash)})
        state = {"challenge": options["challenge"], "user_verification": UserVerificationRequirement.REQUIRED}
        self.server(rp, origin).register_complete(state, client, made)  # raises
        return self.credential.credential_id, {"clientDataJSON": b64(client), "attestationObject": b64(made)}

    def get(self, options, origin):
        self.count += 1
        rp = options["rpId"]
        client = CollectedClientData.create("webauthn.get", options["challenge"], origin)
        data = AuthenticatorData.create(sha256(rp.encode()), AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV, self.count)
        signature = self.sign(data + client.hash)
        state = {"challenge": options["challenge"], "user_verification": UserVerificationRequirement.REQUIRED}
        self.server(rp, origin).authenticate_complete(state, [self.credential], self.credential.credential_id, client, data, signature)  # raises
        return self.credential.credential_id, {
            "clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(self.handle),
        }


def main():
    held = {}
    for line in sys.stdin:
        task = json.loads(line)
        name = task["device"], task["alg"]
        if name not in held:
            held[name] = {"soft": Soft, "fido2": Fido2}[task["device"]](task["alg"])
        key_id, response = getattr(held[name], task["do"])(task["options"], task["origin"])
        answer = {"id": b64(key_id), "rawId": b64(key_id), "type": "public-key", "response": response, "clientExtensionResults": {}}
        print(json.dumps(answer), flush=True)


main()
