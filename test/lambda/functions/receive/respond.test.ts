import { describe, expect, test } from 'vitest';
import type { AuthenticatedCallback } from '../../../../lambda/functions/receive/authenticated-callback.ts';
import type { Delivery } from '../../../../lambda/functions/receive/delivery.ts';
import { createRespond } from '../../../../lambda/functions/receive/respond.ts';
import type { PolicyDecision } from '../../../../lambda/shared/policy/policy.ts';
import { anAuthenticatedCallback } from '../../../support/authenticated-callback.ts';
import { claimsOf, NOW } from '../../../support/tokens.ts';

const AT = '2100-01-01T00:00:00.000Z';
const rfc3339 = (seconds: number) => new Date(seconds * 1000).toISOString();

const OFFER = { contentType: 'application/pdf', size: 7, sha256: '0'.repeat(64), jti: 'jti-1', key: 'uploads/x' };
const REPORT: Delivery = { kind: 'progress', progress: { at: AT } };

interface Given {
  readonly callback?: Partial<AuthenticatedCallback>;
  readonly delivery?: Delivery;
  readonly acknowledged?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly decision?: PolicyDecision;
  readonly isSigned?: boolean;
}

const respond = async ({
  acknowledged = false,
  callback,
  decision,
  delivery = REPORT,
  headers = {},
  isSigned = true,
}: Given) => {
  const presigned: unknown[][] = [];
  const result = await createRespond({
    payloads: () => ({
      put: () => Promise.reject(new Error('no object')),
      presignUpload: async (...given) => {
        presigned.push(given);
        if (!isSigned) throw new TypeError('no credentials');
        return { url: 'https://bucket.example/x', headers: { 'Content-Type': 'application/pdf' } };
      },
    }),
  })(
    anAuthenticatedCallback(callback),
    delivery,
    { acknowledged, receivedAt: AT },
    { headers, signatures: [] },
    decision,
  );
  return { ...result, body: JSON.parse(String(result.response.body)), presigned };
};

describe('the response to an accepted callback', () => {
  test.each([
    ['result', 'succeeded'],
    ['failure', 'failed'],
    ['progress', 'pending'],
  ] as const)(
    'to the capability %s has the task, its status %s and the time of receipt',
    async (capability, status) => {
      const { body, presigned, response } = await respond({ callback: { capability } });
      expect(response.status).toBe(200);
      expect(body).toEqual({ taskId: 'task-1', status, receivedAt: AT });
      expect(presigned).toEqual([]);
    },
  );

  test('has the headers of the proof, and says if it is a repeat', async () => {
    const first = await respond({ headers: { 'DPoP-Nonce': 'x' } });
    expect(first.response.headers).toMatchObject({ 'DPoP-Nonce': 'x', 'X-Request-Id': 'request-1' });
    expect(first.response.headers).not.toHaveProperty('Idempotency-Replayed');
    const repeat = await respond({ acknowledged: true });
    expect(repeat.response.headers).toMatchObject({ 'Idempotency-Replayed': 'true' });
  });

  test('O1 names task, processor, outcome and decision in its log line', async () => {
    const whose = { taskId: 'task-1', processor: 'acme-ocr' };
    expect(await respond({})).toMatchObject({
      fields: { ...whose, outcome: 'recorded' },
      processor: 'acme-ocr',
      acknowledged: false,
    });
    const decision = { allowed: true, policies: ['reports'], failed: [] };
    const { acknowledged, fields } = await respond({ acknowledged: true, decision });
    expect(fields).toEqual({ ...whose, outcome: 'acknowledged', policy: 'allow reports' });
    expect(acknowledged).toBe(true);
    expect((await respond({})).fields).not.toHaveProperty('policy');
  });
});

describe('the response to an offer', () => {
  const offer = (exp: number, isSigned = true) =>
    respond({
      callback: { capability: 'upload', claims: claimsOf({ exp }) },
      delivery: { kind: 'offer', offer: OFFER },
      isSigned,
    });

  test.each([
    ['15 minutes', NOW + 3_600, 900, NOW + 900],
    ['until its token expires', NOW + 60, 60, NOW + 60],
    ['one second, if its token has just expired', NOW - 5, 1, NOW - 5],
  ])('is a URL that works for %s', async (_name, exp, seconds, expiresAt) => {
    const { body, presigned } = await offer(exp);
    expect(presigned).toEqual([[OFFER, seconds]]);
    expect(body).toEqual({
      method: 'PUT',
      url: 'https://bucket.example/x',
      headers: { 'Content-Type': 'application/pdf' },
      expiresAt: rfc3339(expiresAt),
    });
  });

  test('H4 is 503 if no URL can be signed', async () => {
    await expect(offer(NOW + 60, false)).rejects.toMatchObject({
      refusal: { code: 'unavailable', reason: 'payloads: TypeError' },
    });
  });
});
