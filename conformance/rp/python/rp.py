"""A relying party on Authlib and Flask, driven by ../python_test.go: one JSON object a line, both ways, as ../node/lines.mjs says.

The library raises at whatever it does not accept, and the process ends with its message.
"""

import json
import sys
import time
from urllib.parse import urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Flask, jsonify
from joserfc.errors import JoseError
from joserfc.jwk import import_key


def read():
    return json.loads(sys.stdin.readline())


def write(message):
    print(json.dumps(message), flush=True)


def secret(task):
    return import_key(task["key"]) if task["auth"] == "private_key_jwt" else task["secret"]


class MinuteKeyJWT(PrivateKeyJWT):
    """Authlib's assertions live for an hour and, given claims, share one jti: the server takes ten minutes, and each once."""

    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + 60}
        return super().sign(auth, token_endpoint)


def methods(task):
    """private_key_jwt has to be told to Authlib; the rest it knows."""
    if task["auth"] != "private_key_jwt":
        return []
    return [MinuteKeyJWT(task["issuer"], headers={"kid": task["key"]["kid"]}, alg=task["key"]["alg"])]


def application(task):
    """A web application with two routes, as Authlib's documentation shows one."""
    app = Flask("acme")
    app.secret_key = "of this test alone"
    acme = OAuth(app).register(
        name="jedan",
        client_id=task["client_id"],
        client_secret=secret(task),
        server_metadata_url=task["issuer"] + "/.well-known/openid-configuration",
        client_kwargs={"scope": task["scope"], "code_challenge_method": "S256", "token_endpoint_auth_method": task["auth"]},
        client_auth_methods=methods(task),
    )

    @app.get("/login")
    def login():
        return acme.authorize_redirect(task["redirect_uri"], **task.get("ask", {}))

    @app.route("/cb", methods=["GET", "POST"])
    def callback():
        try:
            token = acme.authorize_access_token()
        except OAuthError as error:
            return jsonify(error=error.error)
        # Authlib has verified signature, iss, aud, exp, nonce and at_hash
        return jsonify(token=token, userinfo=acme.userinfo(token=token), header_alg=algorithm(token["id_token"]), metadata=acme.load_server_metadata())

    return app, acme


def algorithm(token):
    from joserfc.jws import extract_compact

    return extract_compact(token.encode()).headers()["alg"]


def browse(visitor):
    """Sends the browser from /login to the server and its answer to /cb."""
    write({"open": visitor.get("/login").headers["Location"]})
    answer = read()
    at = urlsplit(answer["url"])
    if answer.get("form"):
        return visitor.post(at.path, data=answer["form"], content_type="application/x-www-form-urlencoded").get_json()
    return visitor.get(at.path + "?" + at.query).get_json()


def session(task, token):
    made = OAuth2Session(
        task["client_id"],
        secret(task),
        scope=task["scope"],
        token=token,
        token_endpoint_auth_method=task["auth"],
        revocation_endpoint_auth_method=task["auth"],
    )
    for method in methods(task):
        made.register_client_auth_method(method)
    return made


def code(task):
    app, acme = application(task)
    got = browse(app.test_client())
    if "error" in got:
        raise SystemExit(f"refused: {got['error']}")
    token, claims, metadata = got["token"], got["token"]["userinfo"], got["metadata"]
    assert got["header_alg"] == task["alg"], got["header_alg"]
    assert got["userinfo"]["sub"] == claims["sub"]
    http = session(task, token)
    renewed = http.refresh_token(metadata["token_endpoint"])
    assert renewed["access_token"] != token["access_token"]
    assert acme.parse_id_token(renewed, nonce=None)["sub"] == claims["sub"]
    done = judge(http, metadata, renewed, introspects=task["auth"] != "none")
    logout = acme.create_logout_url(task["post_logout_redirect_uri"], id_token_hint=token["id_token"], state="bye")
    return {"sub": claims["sub"], "email": got["userinfo"]["email"], "logout": logout["url"], **done}


def judge(http, metadata, token, introspects):
    """Introspects and revokes: a token that was revoked is not active. A public client may not introspect, and asks UserInfo."""

    def look():
        if introspects:
            return http.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
        answer = http.get(metadata["userinfo_endpoint"])
        return {"active": answer.ok, "sub": answer.json().get("sub")}

    before = look()
    http.revoke_token(metadata["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token").raise_for_status()
    after = look()
    try:
        http.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
        again = "accepted"
    except OAuthError as error:
        again = error.error
    return {"active": before["active"], "username": before.get("sub"), "revoked": after["active"] is False, "again": again}


def device(task):
    """A television: Authlib has no loop for it, and fetch_token for any grant type."""
    http = session(task, None)
    endpoints = http.get(task["issuer"] + "/.well-known/openid-configuration", withhold_token=True).json()
    waiting = http.post(endpoints["device_authorization_endpoint"], data={"client_id": task["client_id"], "scope": task["scope"]}, withhold_token=True).json()

    def poll():
        return http.fetch_token(endpoints["token_endpoint"], grant_type="urn:ietf:params:oauth:grant-type:device_code", device_code=waiting["device_code"])

    errors = {"too early": told(poll)}
    write({"device": {"code": waiting["user_code"], "decision": "allow"}})
    read()
    poll()
    who = http.get(endpoints["userinfo_endpoint"]).json()
    errors["used again"] = told(poll)
    return {"sub": who["sub"], "email": who["email"], "errors": errors}


def told(attempt):
    try:
        return f"accepted: {attempt()}"
    except OAuthError as error:
        return error.error


def nonce(task):
    """What an application does not accept: an ID token that was made for another sign-in."""
    app, acme = application(task)
    token = browse(app.test_client())["token"]
    with app.test_request_context():
        claims = acme.parse_id_token(token, nonce=token["userinfo"]["nonce"])
        try:
            acme.parse_id_token(token, nonce="of another sign-in")
            error = "accepted"
        except JoseError as refusal:
            error = refusal.error
    return {"sub": claims["sub"], "errors": {"another's nonce": error}}


def refused(task):
    app, _ = application({**task, "ask": {"prompt": "none"}})
    return {"error": browse(app.test_client()).get("error", "none")}


if __name__ == "__main__":
    task = read()
    write({"done": {"code": code, "device": device, "nonce": nonce, "refused": refused}[task["flow"]](task)})
