// How the scripts talk to ../script_test.go: one JSON object a line, both ways.
//   in:  the task                        {issuer, client_id, secret, key, auth, alg, redirect_uri, …, flow}
//   out: {"open": URL}                   the person's browser shall go there, sign in and allow
//   in:  {"url": URL, "form": "a=b&…"}   where it was sent; form when by POST
//   out: {"look": URL}                   a browser in which nobody is signed in shall go there
//   in:  {"url": URL} or {"status": 400} where it was sent, or the status of the page that it was shown
//   out: {"device": {"code", "decision"}} the person shall type the code of a device, and allow or deny
//   out: {"approve": {"message", "decision"}} the person shall find the request with this message at home, and allow or deny
//   in:  {}                              done
//   out: {"done": {…}}                   what came of it
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export const read = async () => JSON.parse((await lines.next()).value);
export const write = (message) => process.stdout.write(JSON.stringify(message) + "\n");

export async function ask(message) {
  write(message);
  return read();
}

// browse is what the browser brings to the application: a URL, or a request with a form.
export async function browse(url) {
  const { url: at, form } = await ask({ open: url.href });
  if (!form) return new URL(at);
  return new Request(at, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: form });
}

const parameters = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
};

// signingKey imports a private JWK.
export async function signingKey({ alg, ...jwk }) {
  return { key: await crypto.subtle.importKey("jwk", jwk, parameters[alg], false, ["sign"]), kid: jwk.kid };
}
