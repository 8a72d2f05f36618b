// An OpenID provider on oidc-provider, with its own pages: whoever types a name is that person. The argument is a file with its settings.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { Provider } from 'oidc-provider';

const c = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const person = (id) => ({ sub: id, name: `${id} of oidc-provider`, given_name: id, email: `${id}@upstream.test`, email_verified: true });

const provider = new Provider(c.issuer, {
  clients: c.clients,
  clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
  cookies: { keys: c.cookie_keys },
  claims: { openid: ['sub'], profile: ['name', 'given_name'], email: ['email', 'email_verified'] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => person(id) }),
  // A refresh token where one is asked for, so that we can ask about somebody without them.
  issueRefreshToken: (_ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  // It speaks to no address of this machine otherwise, where all sites of the tests are.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  features: { backchannelLogout: { enabled: true }, encryption: { enabled: true }, dPoP: { enabled: true }, pushedAuthorizationRequests: { enabled: true } },
});
for (const name of ['server_error', 'grant.error', 'authorization.error', 'pushed_authorization_request.error', 'userinfo.error', 'backchannel.error', 'backchannel.success']) {
  provider.on(name, (_ctx, error) => console.error(name, error?.error ?? '', error?.error_description ?? '', error?.error_detail ?? error?.message ?? '', error?.cause?.message ?? ''));
}
createServer({ cert: readFileSync(c.cert), key: readFileSync(c.key) }, provider.callback()).listen(c.port, '127.0.0.1');
