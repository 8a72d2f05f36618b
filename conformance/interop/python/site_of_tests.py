"""A web site over TLS on http.server, which a test starts: a line of JSON with its settings, then a line for each thing that it is to know."""
import http.cookies
import http.server
import json
import secrets
import ssl
import sys
import threading
import traceback
import urllib.parse

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def page(title, body):
    return f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1>{body}'


class Request(http.server.BaseHTTPRequestHandler):
    """One request; the site's methods are named after method and path: get_sso, post_acs."""

    site = None

    def do_GET(self):
        self.serve("get", urllib.parse.urlsplit(self.path).query)

    def do_POST(self):
        self.serve("post", self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def serve(self, method, text):
        self.fields = {k: v[0] for k, v in urllib.parse.parse_qs(text, keep_blank_values=True).items()}
        self.who = http.cookies.SimpleCookie(self.headers.get("Cookie", "")).get("__Host-who")
        self.who = self.who.value if self.who else secrets.token_urlsafe()
        do = getattr(self.site, method + "_" + (urllib.parse.urlsplit(self.path).path.strip("/") or "home"), None)
        try:
            self.answer(*(do(self) if do else (404, page("Not found", ""))))
        except Exception as e:  # whatever it is, it is told
            traceback.print_exc()
            self.answer(400, page("Refused", f'<p id="refused">{type(e).__name__}: {e}</p>'))

    def answer(self, status, body, kind="text/html; charset=utf-8"):
        self.send_response(status)
        self.send_header("Set-Cookie", f"__Host-who={self.who}; Path=/; Secure; HttpOnly; SameSite=Lax")
        if status in (302, 303):
            self.send_header("Location", body)
            body = ""
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, form, *args):
        print(form % args, file=sys.stderr)


def run(kind):
    m = json.loads(sys.stdin.readline())
    Request.site = site = kind(m)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(m["port"])), Request)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(m["tls_certificate"], m["tls_key"])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for line in sys.stdin:
        try:
            site.know(json.loads(line))
            print("{}", flush=True)
        except Exception as e:
            traceback.print_exc()
            print(json.dumps({"error": f"{type(e).__name__}: {e}"}), flush=True)
