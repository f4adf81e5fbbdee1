import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { createProof as createDpop } from '../../../lambda/functions/receive/checks/proof/dpop.ts';
import { createProof as createHttpSignature } from '../../../lambda/functions/receive/checks/proof/http-signature.ts';
import { PROOF_OK } from '../../../lambda/functions/receive/checks/proof/proof.ts';
import {
  Callback,
  dpop,
  httpSignature,
  type Proof,
  type ProofRequest,
  standardWebhooks,
} from '../../../sdk/processor/index.ts';
import { PROCESSOR_PLATFORM } from '../../../sdk/processor/platform.ts';
import {
  checkWithGateway,
  readCallbackProofVectors,
  type VectorDelivery,
  type VectorRequest,
} from '../../support/callback-proof-vectors.ts';

/** The vectors that the gateway's checks are tested with, too. Other libraries made their proofs. */
const vectors = readCallbackProofVectors();

/** Signatures by these keys are the same each time. The others have a random part. */
const isDeterministic = ({ crv }: JWK): boolean => crv === 'Ed25519';

const makeHeaders = (
  proof: Proof,
  { body = '', ...request }: Partial<VectorRequest & Pick<ProofRequest, 'unique' | 'messageId'>>,
) =>
  proof.headers(
    {
      method: 'POST',
      url: 'https://callbacks.example.com/v1/results/task-1',
      contentType: 'application/json',
      body: Uint8Array.from(Buffer.from(body, 'base64')),
      messageId: 'msg_1',
      now: 0,
      unique: 'unique',
      ...request,
    },
    { platform: PROCESSOR_PLATFORM },
  );

describe('dpop', () => {
  it.each(vectors.dpop)('makes the proof of the vector of $comment', async (vector) => {
    const { claims, header, jkt, privateJwk, request } = vector;
    const { nonce, ...more } = request;
    const proof = dpop({ privateJwk: { ...privateJwk } });
    if (nonce !== undefined) proof.observe?.(request.url, new Headers({ 'dpop-nonce': nonce }));
    const headers = await makeHeaders(proof, more);
    expect(headers.authorization).toBe(vector.headers.authorization);
    expect(decodeJwt(headers.dpop ?? '')).toEqual(claims);
    // RFC 9864 gives EdDSA on Ed25519 a second name, which other servers may not know yet.
    const alg = header.alg === 'Ed25519' ? 'EdDSA' : header.alg;
    expect(decodeProtectedHeader(headers.dpop ?? '')).toEqual({ ...header, alg });
    const checked = { proof: { kind: 'dpop', jkt, nonce: false }, cnf: { jkt }, request: more, headers } as const;
    expect(await checkWithGateway(createDpop, checked)).toEqual(PROOF_OK);
  });
});

describe('httpSignature', () => {
  it.each(vectors.httpSignature)('makes the signature of the vector of $comment', async (vector) => {
    const { keyId, privateJwk, publicJwk, request } = vector;
    const headers = await makeHeaders(httpSignature({ privateJwk: { ...privateJwk }, keyId }), request);
    const signature = isDeterministic(privateJwk) ? vector.headers.signature : expect.stringMatching(/^sig=:.+:$/);
    expect(headers).toEqual({ ...vector.headers, signature });
    const keys = { [keyId]: publicJwk as Record<string, unknown> };
    const checked = { proof: { kind: 'http_signature', keys }, request, headers } as const;
    expect(await checkWithGateway(createHttpSignature, checked)).toMatchObject({ signatures: [{}] });
  });
});

describe('standardWebhooks', () => {
  it.each(vectors.standardWebhooks)('makes the signature of the vector of $comment', async (vector) => {
    expect(await makeHeaders(standardWebhooks(vector), vector.request)).toEqual(vector.headers);
  });
});

describe('sameBy', () => {
  it.each(vectors.sameBy)(
    'sends the deliveries of the vector of $comment',
    async ({ deliveries, secret, token, url }) => {
      const sent: VectorDelivery['request'][] = [];
      const fetch = async (_url: string, { body, headers }: RequestInit = {}) => {
        const deciding = [...new Headers(headers)].filter(
          ([name]) => name === 'idempotency-key' || name === 'webhook-id',
        );
        sent.push({ headers: Object.fromEntries(deciding), body: await new Response(body).text() });
        return Response.json({ taskId: 'task-1', status: 'succeeded', receivedAt: '2026-11-30T12:00:00.000Z' });
      };
      for (const { call } of deliveries) {
        // Another object each time, as after a restart of the processor.
        const proof = secret === undefined ? {} : { proof: standardWebhooks({ secret }) };
        const { result, ...options } = call;
        const callback = new Callback(url, { token, fetch, ...proof });
        await callback.deliver(result, { contentType: 'application/json', ...options });
      }
      expect(sent).toEqual(deliveries.map(({ request }) => request));
    },
  );
});
