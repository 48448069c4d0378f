// The life of a token with openid-client: discovery, request, verification, introspection in both forms, revocation.
import { attempt, fetchAs, job, tell, thumbprintOf } from './common.mjs';
import { readFileSync } from 'node:fs';
import * as jose from 'jose';
import * as openid from 'openid-client';

async function configurationOf(client, more) {
  let auth = openid.TlsClientAuth();
  if (client.private_key) {
    const key = await jose.importPKCS8(readFileSync(client.private_key, 'utf8'), client.alg);
    auth = openid.PrivateKeyJwt({ key, kid: client.kid });
  }
  return openid.discovery(new URL(job.issuer), client.id, { use_mtls_endpoint_aliases: client.alias, ...more }, auth, {
    algorithm: 'oauth2',
    [openid.customFetch]: fetchAs(client),
  });
}

const me = await configurationOf(job.client);
const server = await configurationOf(job.resource_server);
const signed = await configurationOf(job.resource_server, { introspection_signed_response_alg: 'ES256' });
openid.enableNonRepudiationChecks(signed);
const keys = job.dpop ? await openid.randomDPoPKeyPair(job.dpop, { extractable: true }) : undefined;
const options = keys && { DPoP: openid.getDPoPHandle(me, keys) };

const token = () => openid.clientCredentialsGrant(me, job.parameters, options);

const result = { metadata: me.serverMetadata(), token: await attempt(token) };
const accessToken = result.token.access_token;
if (accessToken) {
  const jwks = jose.createRemoteJWKSet(new URL(me.serverMetadata().jwks_uri), { [jose.customFetch]: fetchAs(job.client) });
  result.verified = await attempt(() => jose.jwtVerify(accessToken, jwks, { issuer: job.issuer, audience: job.audience, typ: 'at+jwt' }));
  if (keys) result.jkt = await jose.calculateJwkThumbprint(await jose.exportJWK(keys.publicKey));
  if (job.client.certificate) result.x5t = thumbprintOf(job.client.certificate);
  result.introspected = await attempt(async () => ({ answer: await openid.tokenIntrospection(server, accessToken) }));
  result.introspected_as_jwt = await attempt(async () => ({ answer: await openid.tokenIntrospection(signed, accessToken) }));
  result.second_token = await attempt(token);
  result.revoked = await attempt(async () => {
    await openid.tokenRevocation(me, accessToken);
    return true;
  });
  result.introspected_after = await attempt(async () => ({ answer: await openid.tokenIntrospection(server, accessToken) }));
}
await tell(result);
