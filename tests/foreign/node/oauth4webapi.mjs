// The life of a token with oauth4webapi: discovery, request, verification, introspection in both forms, revocation.
import { attempt, fetchAs, job, tell, thumbprintOf } from './common.mjs';
import { readFileSync } from 'node:fs';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';

const issuer = new URL(job.issuer);

async function privateKeyOf(client) {
  return { key: await jose.importPKCS8(readFileSync(client.private_key, 'utf8'), client.alg), kid: client.kid };
}

// One client of the job with what the library wants of it on each call.
async function party(client) {
  const modify = client.audience && ((_header, payload) => { payload.aud = client.audience; });
  return {
    client: { client_id: client.id, use_mtls_endpoint_aliases: client.alias, introspection_signed_response_alg: 'ES256' },
    auth: client.private_key
      ? oauth.PrivateKeyJwt(await privateKeyOf(client), modify ? { [oauth.modifyAssertion]: modify } : undefined)
      : oauth.TlsClientAuth(),
    options: { [oauth.customFetch]: fetchAs(client) },
  };
}

const me = await party(job.client);
const server = await party(job.resource_server);
const keys = job.dpop ? await oauth.generateKeyPair(job.dpop, { extractable: true }) : undefined;
const DPoP = keys && oauth.DPoP(me.client, keys);

const as = await oauth
  .discoveryRequest(issuer, { algorithm: 'oauth2', ...me.options })
  .then((response) => oauth.processDiscoveryResponse(issuer, response));

async function requestToken() {
  const parameters = new URLSearchParams(job.parameters);
  const response = await oauth.clientCredentialsGrantRequest(as, me.client, me.auth, parameters, { ...me.options, DPoP });
  return oauth.processClientCredentialsResponse(as, me.client, response);
}

// As the library's own examples do it: once more where the server wants a nonce, which the handle has kept.
async function token() {
  try {
    return await requestToken();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return requestToken();
  }
}

// The request that a resource server would see, checked by the library as that server would.
async function validate(accessToken, proof) {
  const url = new URL(job.audience);
  let request;
  const capture = async (target, options) => {
    request = new Request(target, { method: options.method, headers: options.headers });
    return new Response();
  };
  await oauth.protectedResourceRequest(accessToken, 'GET', url, undefined, undefined, { [oauth.customFetch]: capture, DPoP: proof });
  return oauth.validateJwtAccessToken(as, request, job.audience, { ...me.options, requireDPoP: proof !== undefined });
}

async function introspect(accessToken, requestJwtResponse) {
  const response = await oauth.introspectionRequest(as, server.client, server.auth, accessToken, { ...server.options, requestJwtResponse });
  const type = response.headers.get('content-type');
  const answer = await oauth.processIntrospectionResponse(as, server.client, response);
  if (requestJwtResponse) await oauth.validateApplicationLevelSignature(as, response, server.options);
  return { type, answer };
}

async function revoke(accessToken) {
  await oauth.revocationRequest(as, me.client, me.auth, accessToken, me.options).then(oauth.processRevocationResponse);
  return true;
}

const result = { metadata: as, token: await attempt(token) };
const accessToken = result.token.access_token;
if (accessToken) {
  const jwks = jose.createRemoteJWKSet(new URL(as.jwks_uri), { [jose.customFetch]: me.options[oauth.customFetch] });
  result.verified = await attempt(() => jose.jwtVerify(accessToken, jwks, { issuer: job.issuer, audience: job.audience, typ: 'at+jwt' }));
  result.validated = await attempt(() => validate(accessToken, DPoP));
  if (keys) {
    result.jkt = await jose.calculateJwkThumbprint(await jose.exportJWK(keys.publicKey));
    result.other_proof = await attempt(async () =>
      validate(accessToken, oauth.DPoP(me.client, await oauth.generateKeyPair(job.dpop, { extractable: true }))));
  }
  if (job.client.certificate) result.x5t = thumbprintOf(job.client.certificate);
  result.introspected = await attempt(() => introspect(accessToken, false));
  result.introspected_as_jwt = await attempt(() => introspect(accessToken, true));
  result.second_token = await attempt(token);
  result.revoked = await attempt(() => revoke(accessToken));
  result.introspected_after = await attempt(() => introspect(accessToken, false));
}
await tell(result);
