// A relying party on openid-client that uses what goes beyond a plain sign-in, driven by ../node_features_test.go; lines.mjs says how.
// Each flow does what an application would, asserts what it gets, and reports in "errors" what it was told where it did wrong on purpose.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { Agent, fetch as fetchWith } from "undici";
import { ask, browse, read, signingKey, write } from "./lines.mjs";

const task = await read();

async function authentication() {
  switch (task.auth) {
    case "private_key_jwt":
      return client.PrivateKeyJwt(await signingKey(task.key));
    case "client_secret_jwt":
      return client.ClientSecretJwt(task.secret);
    case "tls_client_auth":
    case "self_signed_tls_client_auth":
      return client.TlsClientAuth();
    case "none":
      return client.None();
    default:
      return client.ClientSecretBasic(task.secret);
  }
}

// discover is the application's configuration; holding is its TLS certificate, if it has one.
async function discover(holding, more = {}) {
  const options = {};
  if (holding) {
    const dispatcher = new Agent({ connect: { ca: task.authority, ...holding } });
    options[client.customFetch] = (url, init) => fetchWith(url, { ...init, dispatcher });
  }
  const config = await client.discovery(new URL(task.issuer), task.client_id, { ...task.metadata, ...more }, await authentication(), options);
  client.enableNonRepudiationChecks(config);
  return config;
}

async function request(more = {}) {
  const checks = { expectedState: client.randomState(), expectedNonce: client.randomNonce(), pkceCodeVerifier: client.randomPKCECodeVerifier() };
  const parameters = {
    redirect_uri: task.redirect_uri, scope: task.scope, state: checks.expectedState, nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier), code_challenge_method: "S256", ...more,
  };
  return { parameters, checks };
}

// told is the error code of what must fail. The library does not read an error beside a challenge, which a 401 has to have.
async function told(promise) {
  try {
    return `accepted: ${JSON.stringify(await promise)}`;
  } catch (error) {
    if (error.code !== "OAUTH_WWW_AUTHENTICATE_CHALLENGE") return error.error ?? error.code;
    return error.cause[0].parameters.error ?? (await error.response.json()).error;
  }
}

// looked is what a browser is told where it may not get further: the error that it carries back, or the status of a page.
async function looked(url) {
  const { url: at, status } = await ask({ look: url.href ?? url });
  return at ? (new URL(at).searchParams.get("error") ?? at) : String(status);
}

const params = (url) => [...new URL(url).searchParams.keys()].sort().join(" ");

// signedIn judges the tokens of a sign-in and asks UserInfo.
async function signedIn(config, tokens, options) {
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub, options);
  return { sub: claims.sub, email: userinfo.email };
}

async function par() {
  const config = await discover();
  const { parameters, checks } = await request();
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters);
  assert.equal(params(url), "client_id request_uri");
  const done = await signedIn(config, await client.authorizationCodeGrant(config, await browse(url), checks));
  const elsewhere = await request({ redirect_uri: "https://evil.example/cb" });
  return {
    ...done,
    errors: {
      "used again": await looked(url),
      "not pushed": await looked(client.buildAuthorizationUrl(config, (await request()).parameters)),
      "another redirect_uri": await told(client.buildAuthorizationUrlWithPAR(config, elsewhere.parameters)),
    },
  };
}

async function jar() {
  const config = await discover();
  const key = await signingKey(task.key);
  const { parameters, checks } = await request();
  const url = await client.buildAuthorizationUrlWithJAR(config, parameters, key);
  assert.equal(params(url), "client_id request");
  const done = await signedIn(config, await client.authorizationCodeGrant(config, await browse(url), checks));
  // the same, pushed
  const again = await request();
  const { searchParams } = await client.buildAuthorizationUrlWithJAR(config, again.parameters, key);
  const pushed = await client.buildAuthorizationUrlWithPAR(config, searchParams);
  assert.equal((await signedIn(config, await client.authorizationCodeGrant(config, await browse(pushed), again.checks))).sub, done.sub);
  const other = { key: (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"])).privateKey, kid: key.kid };
  const forged = await client.buildAuthorizationUrlWithJAR(config, (await request()).parameters, other);
  return {
    ...done,
    errors: {
      "another key": await looked(forged),
      "another key, pushed": await told(client.buildAuthorizationUrlWithPAR(config, forged.searchParams)),
      "not signed": await looked(client.buildAuthorizationUrl(config, (await request()).parameters)),
    },
  };
}

async function jarm() {
  const config = await discover();
  client.useJwtResponseMode(config);
  const { parameters, checks } = await request();
  const back = await browse(client.buildAuthorizationUrl(config, parameters));
  assert.equal(params(back), "response");
  const done = await signedIn(config, await client.authorizationCodeGrant(config, back, checks));
  const denied = await request({ prompt: "none" });
  const { url } = await ask({ look: client.buildAuthorizationUrl(config, denied.parameters).href });
  const other = await request();
  const fresh = await browse(client.buildAuthorizationUrl(config, other.parameters));
  const forged = new URL(fresh);
  const [header, payload, signature] = forged.searchParams.get("response").split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  forged.searchParams.set("response", [header, Buffer.from(JSON.stringify({ ...claims, code: "x" })).toString("base64url"), signature].join("."));
  return {
    ...done,
    errors: {
      "nobody is signed in": await told(client.authorizationCodeGrant(config, new URL(url), denied.checks)),
      "a response that was changed": await told(client.authorizationCodeGrant(config, forged, other.checks)),
      "another's nonce": await told(client.authorizationCodeGrant(config, fresh, { ...other.checks, expectedNonce: "other" })),
    },
  };
}

async function dpop() {
  const config = await discover();
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const { parameters, checks } = await request();
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP });
  const tokens = await client.authorizationCodeGrant(config, await browse(url), checks, undefined, { DPoP });
  assert.equal(tokens.token_type, "dpop");
  const done = await signedIn(config, tokens, { DPoP });
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  assert.equal(refreshed.token_type, "dpop");
  await signedIn(config, refreshed, { DPoP });
  const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const refresh = refreshed.refresh_token ?? tokens.refresh_token;
  return {
    ...done,
    errors: {
      "userinfo with another key": await told(client.fetchUserInfo(config, refreshed.access_token, done.sub, { DPoP: thief })),
      "userinfo as a bearer": await told(client.fetchUserInfo(config, refreshed.access_token, done.sub)),
      "refresh with another key": await told(client.refreshTokenGrant(config, refresh, undefined, { DPoP: thief })),
      "refresh without a key": await told(client.refreshTokenGrant(config, refresh)),
    },
  };
}

async function mtls() {
  const config = await discover(task.certificate, { use_mtls_endpoint_aliases: true });
  const { parameters, checks } = await request();
  const url = await client.buildAuthorizationUrlWithPAR(config, parameters);
  const tokens = await client.authorizationCodeGrant(config, await browse(url), checks);
  const done = await signedIn(config, tokens);
  const look = await client.tokenIntrospection(config, tokens.access_token);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  const thief = await discover(task.other_certificate, { use_mtls_endpoint_aliases: true });
  const nobody = await discover(undefined, { use_mtls_endpoint_aliases: false });
  return {
    ...done,
    bound: look.cnf["x5t#S256"],
    errors: {
      "another certificate": await told(client.refreshTokenGrant(thief, tokens.refresh_token)),
      "userinfo with another certificate": await told(client.fetchUserInfo(thief, refreshed.access_token, done.sub)),
      "no certificate": await told(client.refreshTokenGrant(nobody, tokens.refresh_token)),
    },
  };
}

async function device() {
  const config = await discover();
  const start = () => client.initiateDeviceAuthorization(config, { scope: task.scope });
  const [allowed, denied] = [await start(), await start()];
  assert.equal(allowed.verification_uri, task.issuer + "/device");
  await ask({ device: { code: allowed.user_code, decision: "allow" } });
  await ask({ device: { code: denied.user_code, decision: "deny" } });
  const [tokens, refused] = await Promise.all([client.pollDeviceAuthorizationGrant(config, allowed), told(client.pollDeviceAuthorizationGrant(config, denied))]);
  return { ...(await signedIn(config, tokens)), errors: { denied: refused, "used again": await told(again(config, allowed)) } };
}

const again = (config, { device_code }) => client.genericGrantRequest(config, "urn:ietf:params:oauth:grant-type:device_code", { device_code });

async function ciba() {
  const config = await discover();
  const start = (binding_message, login_hint = task.login_hint) => client.initiateBackchannelAuthentication(config, { scope: task.scope, login_hint, binding_message });
  const [allowed, denied] = [await start("W4SCT"), await start("NOT-ME")];
  await ask({ approve: { message: "W4SCT", decision: "allow" } });
  await ask({ approve: { message: "NOT-ME", decision: "deny" } });
  const [tokens, refused] = await Promise.all([client.pollBackchannelAuthenticationGrant(config, allowed), told(client.pollBackchannelAuthenticationGrant(config, denied))]);
  return { ...(await signedIn(config, tokens)), errors: { denied: refused, nobody: await told(start("W4SCT", "nobody@example.org")) } };
}

// exchange is an API that calls another one in the person's name: another client of the same server.
async function exchange() {
  const config = await discover();
  const { parameters, checks } = await request({ resource: task.resource });
  const tokens = await client.authorizationCodeGrant(config, await browse(client.buildAuthorizationUrl(config, parameters)), checks, { resource: task.resource });
  const back = await client.discovery(new URL(task.issuer), task.back.client_id, undefined, client.ClientSecretBasic(task.back.secret));
  const change = (more) =>
    client.genericGrantRequest(back, "urn:ietf:params:oauth:grant-type:token-exchange", {
      subject_token: tokens.access_token, subject_token_type: "urn:ietf:params:oauth:token-type:access_token", resource: task.target, scope: "orders:read", ...more,
    });
  const got = await change();
  assert.equal(got.issued_token_type, "urn:ietf:params:oauth:token-type:access_token");
  const seen = await client.tokenIntrospection(back, got.access_token);
  return {
    sub: seen.sub, actor: seen.act?.client_id, audience: [seen.aud].flat().join(" "), active: seen.active,
    errors: {
      "another target": await told(change({ resource: "https://other.example" })),
      "no token": await told(change({ subject_token: "x" })),
      "more scope": await told(change({ scope: "orders:write" })),
    },
  };
}

// introspection asks about tokens, plainly and for a signed answer, before and after they are revoked.
async function introspection() {
  const config = await discover();
  const { parameters, checks } = await request();
  const tokens = await client.authorizationCodeGrant(config, await browse(client.buildAuthorizationUrl(config, parameters)), checks);
  const before = await client.tokenIntrospection(config, tokens.access_token);
  const stranger = await client.discovery(new URL(task.issuer), task.back.client_id, undefined, client.ClientSecretBasic(task.back.secret));
  const seen = await client.tokenIntrospection(stranger, tokens.access_token);
  await client.tokenRevocation(config, tokens.access_token);
  const after = await client.tokenIntrospection(config, tokens.access_token);
  return { sub: before.sub, client: before.client_id, active: before.active, revoked: !after.active, stranger: seen.active, errors: {} };
}

// encrypted lets the library decrypt what only this application may read: ID token, UserInfo and authorization response.
async function encrypted() {
  const config = await discover();
  const { alg, ...jwk } = task.encryption_key;
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  client.enableDecryptingResponses(config, ["A256GCM"], { key, kid: jwk.kid, alg });
  client.useJwtResponseMode(config);
  const { parameters, checks } = await request();
  const back = await browse(client.buildAuthorizationUrl(config, parameters));
  const tokens = await client.authorizationCodeGrant(config, back, checks);
  assert.equal(back.searchParams.get("response").split(".").length, 5);
  assert.equal(tokens.id_token.split(".").length, 5);
  return { ...(await signedIn(config, tokens)), errors: {} };
}

const flows = { par, jar, jarm, dpop, mtls, device, ciba, exchange, introspection, encrypted };
write({ done: await flows[task.flow]() });
process.exit(0);
