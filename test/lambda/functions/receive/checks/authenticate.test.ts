import { describe, expect, test } from 'vitest';
import { CALLBACK_ROUTES } from '../../../../../lambda/contract/callback-routes.ts';
import type { CallbackTokenClaims } from '../../../../../lambda/contract/claims.ts';
import { createAuthenticate } from '../../../../../lambda/functions/receive/checks/authenticate.ts';
import type { TokenDecrypter } from '../../../../../lambda/shared/callback-token/token-decrypter.ts';
import { createTokenVerifier } from '../../../../../lambda/shared/callback-token/verify.ts';
import { fromAlbEvent } from '../../../../../lambda/shared/http/alb.ts';
import { createRouter } from '../../../../../lambda/shared/http/router.ts';
import { isRefusal, refuse } from '../../../../../lambda/shared/refusal.ts';
import { shortCodeLookupKey } from '../../../../../lambda/shared/tables/hashed-keys.ts';
import { anAlbEvent, type EventOverrides } from '../../../../support/alb-event.ts';
import { REGISTRY } from '../../../../support/registry.ts';
import { aSigningKey, aToken, claimsOf, NOW, ORIGIN } from '../../../../support/tokens.ts';
import { verificationKeysOf } from '../../../../support/verification-keys.ts';

const key = await aSigningKey();
const CODE = 'A'.repeat(22);

interface Given {
  readonly findCode?: (lookupKey: string) => Promise<CallbackTokenClaims | undefined>;
  readonly decrypter?: TokenDecrypter;
  /** Milliseconds after `NOW`. */
  readonly after?: number;
}

/** Sends a request through steps 1 to 6. */
const send = async (event: EventOverrides, { after = 0, decrypter, findCode = async () => undefined }: Given = {}) => {
  const request = fromAlbEvent(
    anAlbEvent({ body: '"x"', ...event, headers: { 'content-type': 'application/json', ...event.headers } }),
    'request-1',
  );
  const match = createRouter(CALLBACK_ROUTES)('receive', request.method, request.path);
  if (isRefusal(match)) throw new Error(`No route: ${request.path}`);
  const verifier = createTokenVerifier({ origin: ORIGIN, registry: REGISTRY, keys: verificationKeysOf([key]) });
  const authenticate = createAuthenticate({
    registry: REGISTRY,
    verifier,
    decrypter: decrypter === undefined ? null : () => decrypter,
    store: { findCode },
    now: () => NOW * 1000 + after,
  });
  return authenticate(request, match);
};

const claims = claimsOf({ jti: 'jti-1' });
const token = await aToken(key, claims);
const byPath = (text = token) => ({ path: `/v1/results/task-1/${text}` });

describe('C5 a request with a genuine token', () => {
  test('is authenticated, with the whole second and the millisecond of its receipt', async () => {
    expect(await send(byPath(), { after: 999 })).toEqual({
      request: expect.objectContaining({ requestId: 'request-1' }),
      token: { value: token, carrier: 'path', fromCallbackTokenHeader: false },
      mediaType: { sent: 'application/json', essence: 'application/json', normalized: 'application/json' },
      json: expect.any(Function),
      now: NOW,
      receivedAt: new Date(NOW * 1000 + 999).toISOString(),
      capability: 'result',
      taskId: 'task-1',
      claims,
      processor: REGISTRY['acme-ocr'],
      expired: false,
    });
  });

  test('has the JSON value of its body, read once', async () => {
    const callback = await send(byPath());
    if (isRefusal(callback)) throw new Error(callback.code);
    expect(callback.json()).toEqual({ value: 'x' });
    expect(callback.json()).toBe(callback.json());
    const text = await send({ ...byPath(), body: '{' });
    if (isRefusal(text)) throw new Error(text.code);
    expect(text.json()).toBeNull();
    expect(text.json()).toBeNull();
  });

  test.each([
    ['another task', { path: `/v1/results/task-2/${token}` }, 'token_path_mismatch'],
    ['another capability', { path: `/v1/failures/task-1/${token}` }, 'token_audience_invalid'],
    ['no token', { path: '/v1/results/task-1' }, 'token_missing'],
    ['another content type', { ...byPath(), headers: { 'content-type': 'text/html' } }, 'content_type_refused'],
    ['a large body', { ...byPath(), body: new Uint8Array(1_048_577) }, 'payload_too_large'],
    ['two content types', { ...byPath(), headers: { 'content-type': ['a/b', 'a/b'] } }, 'content_type_refused'],
  ])('is refused for %s', async (_name, event, code) => {
    expect(await send(event)).toMatchObject({ kind: 'refusal', code });
  });
});

describe('an encrypted token', () => {
  const encrypted = 'a.b.c.d.e';

  test('is verified as the signed token inside', async () => {
    const decrypter = { decrypt: async (text: string) => (text === encrypted ? token : refuse('token_malformed', '')) };
    expect(await send(byPath(encrypted), { decrypter })).toMatchObject({ claims, token: { value: encrypted } });
  });

  test('is refused if it does not decrypt, or if the environment has no encryption', async () => {
    const decrypter = { decrypt: async () => refuse('token_key_unknown', 'no key has this kid') };
    expect(await send(byPath(encrypted), { decrypter })).toMatchObject({ code: 'token_key_unknown' });
    expect(await send(byPath(encrypted))).toMatchObject({ code: 'token_malformed' });
  });

  test('may be a signed token as well in an environment with encryption', async () => {
    const decrypter = { decrypt: async () => refuse('token_malformed', '') };
    expect(await send(byPath(), { decrypter })).toMatchObject({ claims });
  });
});

describe('C5 a short code', () => {
  const short = claimsOf({ sub: 'short-ocr', jti: 'jti-2' });
  const report = claimsOf({ sub: 'short-ocr', jti: 'jti-3' }, 'progress');
  const codes = (found: CallbackTokenClaims) => ({
    findCode: async (lookupKey: string) => (lookupKey === shortCodeLookupKey(CODE) ? found : undefined),
  });

  test('is authenticated by the claims that were stored for it', async () => {
    expect(await send({ path: `/c/${CODE}` }, codes(short))).toMatchObject({
      token: { value: CODE, carrier: 'short' },
      capability: 'result',
      taskId: 'task-1',
      claims: short,
      processor: REGISTRY['short-ocr'],
      expired: false,
    });
    expect(await send({ path: `/c/${CODE}` }, codes(report))).toMatchObject({ capability: 'progress' });
  });

  test.each<[string, EventOverrides, CallbackTokenClaims, string]>([
    ['is not known', { path: `/c/${'B'.repeat(22)}` }, short, 'token_unknown'],
    ['has claims of an unknown scope', { path: `/c/${CODE}` }, { ...short, scope: 'x' }, 'token_unknown'],
    ['belongs to a processor of the carrier path', { path: `/c/${CODE}` }, claims, 'token_path_mismatch'],
    [
      'is for reports, and the content type for results',
      { path: `/c/${CODE}`, headers: { 'content-type': 'text/plain' } },
      report,
      'content_type_refused',
    ],
  ])('is refused if it %s', async (_name, event, found, code) => {
    const refusal = await send(event, codes(found));
    expect(refusal).toMatchObject({ kind: 'refusal', code });
    expect(refusal).not.toHaveProperty('request');
  });

  test.each([
    ['its form', 'A'.repeat(21), 'token_unknown', 'not the form of a short code'],
    ['the look-up', 'B'.repeat(22), 'token_unknown', 'no such short code'],
  ])('O1 is refused by %s, and the log line says so', async (_name, code, outcome, reason) => {
    expect(await send({ path: `/c/${code}` }, codes(short))).toEqual({ kind: 'refusal', code: outcome, reason });
  });

  test('H4 is unavailable if the store does not answer', async () => {
    const findCode = () => Promise.reject(new TypeError('no answer'));
    await expect(send({ path: `/c/${CODE}` }, { findCode })).rejects.toMatchObject({
      refusal: { code: 'unavailable', reason: 'store: TypeError' },
    });
  });
});
