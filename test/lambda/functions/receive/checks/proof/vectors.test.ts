import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { createJsonReader } from '../../../../../../lambda/functions/receive/authenticated-callback.ts';
import { createProof as createDpop } from '../../../../../../lambda/functions/receive/checks/proof/dpop.ts';
import { createProof as createHttpSignature } from '../../../../../../lambda/functions/receive/checks/proof/http-signature.ts';
import { PROOF_OK } from '../../../../../../lambda/functions/receive/checks/proof/proof.ts';
import { createProof as createStandardWebhooks } from '../../../../../../lambda/functions/receive/checks/proof/standard-webhooks.ts';
import { deliveryDigest } from '../../../../../../lambda/functions/receive/store/delivery-digest.ts';
import { startStandIns } from '../../../../../../local/stand-ins/server.ts';
import {
  checkWithGateway,
  readCallbackProofVectors,
  type VectorDelivery,
  type VectorRequest,
} from '../../../../../support/callback-proof-vectors.ts';
import { test as base } from '../../../../../support/unit-fixtures.ts';

/** The vectors that the processor's package is tested with, too. */
const vectors = readCallbackProofVectors();
const other = Buffer.from('{"text":"Total 0.00"}').toString('base64');
const REFUSED = expect.objectContaining({ code: 'proof_invalid' });

describe('P3 the check of DPoP', () => {
  const check = ({ headers, jkt, request }: (typeof vectors.dpop)[number], change: Partial<VectorRequest> = {}) =>
    checkWithGateway(createDpop, {
      proof: { kind: 'dpop', jkt, nonce: false },
      cnf: { jkt },
      request: { ...request, ...change },
      headers,
    });

  base.for(vectors.dpop)('accepts the vector of $comment, for its own request only', async (vector) => {
    const { now } = vector.request;
    expect(await check(vector)).toEqual(PROOF_OK);
    expect(await check(vector, { url: `${vector.request.url}0` })).toEqual(REFUSED);
    expect(await check(vector, { token: `${vector.request.token}0` })).toEqual(REFUSED);
    expect(await check(vector, { now: now + 121 })).toEqual(REFUSED);
    expect(await check({ ...vector, jkt: `${vector.jkt.slice(1)}0` })).toEqual(REFUSED);
  });
});

describe('the check of HTTP message signatures', () => {
  const check = (
    { headers, keyId, publicJwk, request }: (typeof vectors.httpSignature)[number],
    change: Partial<VectorRequest> = {},
    otherHeaders = {},
  ) =>
    checkWithGateway(createHttpSignature, {
      proof: { kind: 'http_signature', keys: { [keyId]: publicJwk as Record<string, unknown> } },
      request: { ...request, ...change },
      headers: { ...headers, ...otherHeaders },
    });

  base.for(vectors.httpSignature)('accepts the vector of $comment, for its own request only', async (vector) => {
    const { now, url } = vector.request;
    expect(await check(vector)).toEqual({ headers: {}, signatures: [expect.anything()] });
    expect(await check(vector, { body: other })).toEqual(REFUSED);
    expect(await check(vector, { url: `${url}0` })).toEqual(REFUSED);
    expect(await check(vector, { contentType: 'text/csv' })).toEqual(REFUSED);
    expect(await check(vector, {}, { authorization: 'Bearer other' })).toEqual(REFUSED);
    expect(await check(vector, { now: now + 301 })).toEqual(REFUSED);
    expect(await check({ ...vector, keyId: 'key-9' })).toEqual(REFUSED);
  });
});

const test = base.extend('secrets', { scope: 'file' }, async ({ folder }, { onCleanup }) => {
  const standIns = await startStandIns({
    dataDirectory: folder,
    bucketsDirectory: join(folder, 'buckets'),
    eventsFile: join(folder, 'events.jsonl'),
    onServiceEvent: () => undefined,
  });
  // The code of the proof creates its own client from these variables.
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', standIns.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  onCleanup(async () => {
    vi.unstubAllEnvs();
    await standIns.stop();
  });
  return standIns.secrets;
});

describe('the check of Standard Webhooks', () => {
  test.for(vectors.standardWebhooks)(
    'accepts the vector of $comment, for its own message only',
    async ({ comment, headers, request, secret }, { secrets }) => {
      secrets.put(comment, secret);
      const check = (change: Partial<VectorRequest> = {}, otherHeaders = {}) =>
        checkWithGateway(createStandardWebhooks, {
          proof: { kind: 'standard_webhooks', secretName: comment },
          request: { ...request, ...change },
          headers: { ...headers, ...otherHeaders },
        });
      expect(await check()).toEqual({ headers: {}, signatures: [expect.anything()] });
      expect(await check({ body: other })).toEqual(REFUSED);
      expect(await check({ now: request.now + 301 })).toEqual(REFUSED);
      expect(await check({}, { 'webhook-id': 'msg_other' })).toEqual(REFUSED);
      expect(await check({}, { 'webhook-timestamp': `${request.now + 1}` })).toEqual(REFUSED);
    },
  );
});

describe('the digest of a delivery', () => {
  base.for(vectors.sameBy)('is as the vector says by $comment', ({ deliveries, same, sameBy, url }) => {
    const digestOf = ({ request: { body, headers } }: VectorDelivery): string => {
      const request = {
        body: () => Buffer.from(body),
        header: (name: string) => [headers[name.toLowerCase()]].filter((value) => value !== undefined),
      };
      const content = { request, json: createJsonReader(request) };
      return deliveryDigest(new URL(url).pathname, 'application/json', content, sameBy ?? undefined);
    };
    expect(digestOf(deliveries[0]) === digestOf(deliveries[1])).toBe(same);
  });
});
