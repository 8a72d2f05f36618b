// A relying party on openid-client that signs somebody in and out, driven by ../node_test.go; lines.mjs says how.
// The library throws at whatever it does not accept, and the process ends with its message.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { browse, read, signingKey, write } from "./lines.mjs";

async function authentication(task) {
  switch (task.auth) {
    case "client_secret_basic":
      return client.ClientSecretBasic(task.secret);
    case "client_secret_post":
      return client.ClientSecretPost(task.secret);
    case "private_key_jwt": {
      // the library calls EdDSA by its name of RFC 9864, Ed25519, unless told which one was registered
      return client.PrivateKeyJwt(await signingKey(task.key), { [client.modifyAssertion]: (header) => { header.alg = task.key.alg; } });
    }
    default:
      return client.None();
  }
}

async function discover(task) {
  const metadata = { id_token_signed_response_alg: task.alg, userinfo_signed_response_alg: task.userinfo_alg || undefined };
  const config = await client.discovery(new URL(task.issuer), task.client_id, metadata, await authentication(task), {
    execute: [client.allowInsecureRequests], // the server of the test is on loopback without TLS
  });
  client.enableNonRepudiationChecks(config); // signatures count even where TLS would do
  if (task.flow === "code id_token") client.useCodeIdTokenResponseType(config);
  if (task.flow === "id_token") client.useIdTokenResponseType(config);
  return config;
}

async function authorize(config, task, more = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const checks = { expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const parameters = { redirect_uri: task.redirect_uri, scope: task.scope, state: checks.expectedState, nonce: checks.expectedNonce, ...more };
  if (task.flow !== "id_token") {
    checks.pkceCodeVerifier = verifier;
    parameters.code_challenge = await client.calculatePKCECodeChallenge(verifier);
    parameters.code_challenge_method = "S256";
  }
  return { url: client.buildAuthorizationUrl(config, parameters), checks };
}

// idTokenFlow is OpenID's implicit flow: the ID token comes through the browser.
async function idTokenFlow(config, task) {
  const { url, checks } = await authorize(config, task);
  const { expectedNonce, ...rest } = checks;
  const claims = await client.implicitAuthentication(config, await browse(url), expectedNonce, rest);
  return { sub: claims.sub };
}

async function codeFlow(config, task) {
  const { url, checks } = await authorize(config, task, task.response_mode ? { response_mode: task.response_mode } : {});
  const tokens = await client.authorizationCodeGrant(config, await browse(url), checks);
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(refreshed.access_token, tokens.access_token);
  assert.equal(refreshed.claims().sub, claims.sub);
  return { sub: claims.sub, email: userinfo.email, ...(await judge(config, refreshed, tokens, task.auth !== "none")), logout: logout(config, task, tokens).href };
}

// judge introspects and revokes: a token that was revoked is not active. A public client may not introspect, and asks UserInfo.
async function judge(config, tokens, first, introspects) {
  const refresh = tokens.refresh_token ?? first.refresh_token;
  const look = introspects
    ? () => client.tokenIntrospection(config, tokens.access_token)
    : () => client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck).then((found) => ({ active: true, ...found }), (error) => ({ active: error.status !== 401 }));
  const before = await look();
  await client.tokenRevocation(config, refresh, { token_type_hint: "refresh_token" });
  const after = await look();
  const again = await client.refreshTokenGrant(config, refresh).catch((error) => error.error);
  return { active: before.active, username: before.sub, revoked: after.active === false, again };
}

const logout = (config, task, tokens) =>
  client.buildEndSessionUrl(config, { post_logout_redirect_uri: task.post_logout_redirect_uri, id_token_hint: tokens.id_token, state: "bye" });

// refused is a request that the server turns down: the library tells the error and its issuer.
async function refused(config, task) {
  const { url, checks } = await authorize(config, task, { prompt: "none" });
  const error = await client.authorizationCodeGrant(config, await browse(url), checks).catch((error) => error);
  return { error: error.error };
}

const flows = { code: codeFlow, "code id_token": codeFlow, id_token: idTokenFlow, refused };
const task = await read();
write({ done: await flows[task.flow](await discover(task), task) });
process.exit(0);
