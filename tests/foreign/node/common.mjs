// What the client programs share: the job on standard input, a fetch for each certificate, how an error is told.
import { readFileSync } from 'node:fs';
import { X509Certificate, createHash, webcrypto } from 'node:crypto';
import { setDefaultResultOrder } from 'node:dns';
import { Agent, fetch as undiciFetch } from 'undici';

// Node 18, which Debian 12 has, keeps these to itself.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
// The tests listen at 127.0.0.1, and Node 18 takes what the resolver names first.
setDefaultResultOrder('ipv4first');

export const job = JSON.parse(readFileSync(0, 'utf8'));

// Every request that was made: method, URL, status and, where there was one, DPoP-Nonce.
export const requests = [];
const agents = [];

// A fetch that trusts the CA of the job alone and presents the certificate of that client, if it has one.
export function fetchAs(client) {
  const connect = { ca: readFileSync(job.ca) };
  if (client.certificate) {
    connect.cert = readFileSync(client.certificate);
    connect.key = readFileSync(client.key);
  }
  const dispatcher = new Agent({ connect, bodyTimeout: 20000, headersTimeout: 20000 });
  agents.push(dispatcher);
  return async (url, options) => {
    const response = await undiciFetch(url, { ...options, dispatcher });
    const nonce = response.headers.get('dpop-nonce');
    requests.push({ method: options?.method ?? 'GET', url: String(url), status: response.status, ...(nonce ? { nonce } : {}) });
    return response;
  };
}

// x5t#S256 of a certificate file, by Node's own X.509.
export function thumbprintOf(path) {
  return createHash('sha256').update(new X509Certificate(readFileSync(path)).raw).digest('base64url');
}

// The value, or what was thrown as a value that the test can look at.
export async function attempt(action) {
  try {
    return (await action()) ?? null;
  } catch (error) {
    return { thrown: { name: error.name, code: error.code, message: error.message, error: error.error, status: error.status } };
  }
}

export async function tell(result) {
  process.stdout.write(JSON.stringify({ ...result, requests }));
  await Promise.all(agents.map((agent) => agent.close()));
}
