// An MCP server and an agent that uses it, both on the MCP SDK, driven by ../mcp_test.go; lines.mjs says how. The agent knows the address of the MCP
// server alone: it finds out who signs people in, introduces itself by its metadata document, and asks for more when it needs more.
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { discoverAuthorizationServerMetadata, UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import express from "express";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { ask, browse, read, write } from "./lines.mjs";

const task = await read();
const resource = new URL(task.resource);
const reading = ["files:read"];
const writing = ["files:read", "files:write"];

// serve is the MCP server: everything needs files:read, the tool "write" files:write beside.
async function serve() {
  const oauthMetadata = await discoverAuthorizationServerMetadata(task.issuer);
  const keys = createRemoteJWKSet(new URL(oauthMetadata.jwks_uri));
  const verifier = {
    async verifyAccessToken(token) {
      const { payload } = await jwtVerify(token, keys, { issuer: task.issuer, audience: resource.href, typ: "at+jwt" }).catch((error) => {
        throw new InvalidTokenError(error.message);
      });
      return { token, clientId: payload.client_id, scopes: payload.scope.split(" "), expiresAt: payload.exp, resource, extra: { sub: payload.sub } };
    },
  };
  const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(resource);
  const guard = (requiredScopes) => requireBearerAuth({ verifier, requiredScopes, resourceMetadataUrl });
  const [readers, writers] = [guard(reading), guard(writing)];
  const app = express();
  app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: resource, scopesSupported: reading }));
  app.use(express.json());
  app.use(resource.pathname, (req, res, next) => (req.body?.params?.name === "write" ? writers : readers)(req, res, next));
  app.post(resource.pathname, async (req, res) => {
    const server = new McpServer({ name: "files", version: "1" });
    const who = (extra) => ({ content: [{ type: "text", text: JSON.stringify({ sub: extra.authInfo.extra.sub, client: extra.authInfo.clientId, scopes: extra.authInfo.scopes, lifetime: extra.authInfo.expiresAt - Math.floor(Date.now() / 1000) }) }] });
    server.registerTool("read", {}, who);
    server.registerTool("write", {}, who);
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    res.on("close", () => server.close());
    await server.connect(transport);
    await transport.handleRequest(req, res, req.body);
  });
  app.all(resource.pathname, (_req, res) => res.status(405).end());
  await new Promise((ready) => app.listen(resource.port, resource.hostname, ready));
}

// agent is what the SDK asks of an application: to keep what it learns, and to send the person somewhere.
function agent(clientMetadataUrl) {
  const kept = {};
  return {
    kept,
    clientMetadataUrl,
    redirectUrl: task.redirect_uri,
    clientMetadata: { client_name: "Agent", redirect_uris: [task.redirect_uri], token_endpoint_auth_method: "none" },
    state: () => (kept.state = crypto.randomUUID()),
    clientInformation: () => kept.client,
    saveClientInformation: (client) => { kept.client = client; },
    tokens: () => kept.tokens,
    saveTokens: (tokens) => { kept.tokens = tokens; },
    redirectToAuthorization: (url) => { kept.url = url; },
    saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
    codeVerifier: () => kept.verifier,
  };
}

// connect begins the agent's session; its transport takes the code.
async function connect(provider) {
  const client = new Client({ name: "agent", version: "1" });
  const transport = new StreamableHTTPClientTransport(resource, { authProvider: provider });
  const connected = client.connect(transport).then(() => client);
  return { transport, connected };
}

// finish has the person sign in or allow more, and brings the code back.
async function finish(provider, transport) {
  const back = await browse(provider.kept.url);
  assert.equal(back.searchParams.get("state"), provider.kept.state);
  assert.equal(back.searchParams.get("iss"), task.issuer);
  await transport.finishAuth(back.searchParams.get("code"));
}

const call = async (client, name) => JSON.parse((await client.callTool({ name })).content[0].text);

// status is what the MCP server says to somebody with this token.
async function status(token) {
  const answer = await fetch(resource, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", authorization: `Bearer ${token}` },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
  });
  return `${answer.status} ${/error="([a-z_]+)"/.exec(answer.headers.get("www-authenticate") ?? "")?.[1]}`;
}

await serve();
const provider = agent(task.client_id);
const first = await connect(provider);
await assert.rejects(first.connected, UnauthorizedError);
assert.equal(provider.kept.url.searchParams.get("resource"), resource.href);
assert.equal(provider.kept.url.searchParams.get("scope"), reading.join(" "));
await finish(provider, first.transport);

const second = await connect(provider);
const client = await second.connected;
const before = await call(client, "read");
await assert.rejects(client.callTool({ name: "write" }), UnauthorizedError); // the SDK was told which scopes it needs
assert.equal(provider.kept.url.searchParams.get("scope"), writing.join(" "));
await finish(provider, second.transport);
const after = await call(client, "write");

// An older agent has no document and registers itself (RFC 7591).
const older = agent();
const third = await connect(older);
await assert.rejects(third.connected, UnauthorizedError);
await finish(older, third.transport);
const registered = await call(await (await connect(older)).connected, "read");

const stranger = agent(task.stranger);
await assert.rejects((await connect(stranger)).connected, UnauthorizedError);
const looked = await ask({ look: stranger.kept.url.href });
write({
  done: {
    sub: before.sub,
    client: before.client,
    lifetime: before.lifetime,
    registered: registered.client === older.kept.client.client_id && registered.sub === before.sub,
    scopes: [before.scopes.join(" "), after.scopes.join(" ")],
    errors: { "a token for another resource": await status(task.other_token), "a document of a host that is not listed": String(looked.status) },
  },
});
process.exit(0);
