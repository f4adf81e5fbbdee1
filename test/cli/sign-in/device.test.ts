import { PassThrough } from 'node:stream';
import { test as base, describe, expect } from 'vitest';
import { createIo } from '../../../cli/io.ts';
import { signInWithDeviceCode } from '../../../cli/sign-in/device.ts';
import { discoverProvider } from '../../../cli/sign-in/discovery.ts';
import { openTokenStandIn } from './token-stand-in.ts';

type Reply = Parameters<typeof openTokenStandIn>[0][number];

const CODE = {
  device_code: 'the-device-code',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://login.example.com/device',
};
const PENDING = { status: 400, json: { error: 'authorization_pending' } } as const satisfies Reply;
const TOKENS = {
  status: 200,
  json: { access_token: 'the-token', token_type: 'Bearer', expires_in: 60, scope: 'operator_read' },
} as const satisfies Reply;

/** Signs in at a stand-in for a provider that gives these replies in turn. The clock goes on by the pauses alone. */
const test = base.extend('signIn', ({}, { onCleanup }) => async (code: object, replies: readonly Reply[]) => {
  const standIn = await openTokenStandIn(replies, code);
  onCleanup(standIn.close);
  const pauses: number[] = [];
  let clock = 1_000_000;
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const context = {
    fetch,
    signal: new AbortController().signal,
    now: () => clock,
    io: createIo({ stdin, stdout, stderr }, 'text', {}),
  };
  const provider = await discoverProvider(context, standIn.issuer);
  const { deviceAuthorizationEndpoint = '' } = provider;
  const request = { clientId: 'cli', scope: 'operator_read', audience: 'https://callbacks.example.com' };
  const outcome = await signInWithDeviceCode(
    context,
    { ...provider, deviceAuthorizationEndpoint },
    request,
    async (time) => {
      pauses.push(time / 1_000);
      clock += time;
    },
  ).then(
    ({ accessToken, scopes }) => ({ accessToken, scopes }),
    (error: { readonly exit: string; readonly message: string }) => ({ exit: error.exit, message: error.message }),
  );
  return { outcome, pauses, forms: standIn.forms, noted: String(stderr.read()) };
});

describe('the device flow', () => {
  test('asks every five seconds until the person has signed in, five more after "slow_down"', async ({ signIn }) => {
    const slower = { status: 400, json: { error: 'slow_down' } };
    const { forms, noted, outcome, pauses } = await signIn({ ...CODE, expires_in: 600 }, [
      PENDING,
      slower,
      PENDING,
      TOKENS,
    ]);
    expect(outcome).toEqual({ accessToken: 'the-token', scopes: ['operator_read'] });
    expect(pauses).toEqual([5, 5, 10, 10]);
    expect(noted).toBe(`Open this page on any machine, and type the code ABCD-EFGH:\n${CODE.verification_uri}\n`);
    expect(forms[0]).toEqual({
      client_id: 'cli',
      scope: 'operator_read',
      audience: 'https://callbacks.example.com',
      resource: 'https://callbacks.example.com',
    });
    expect(forms[1]).toMatchObject({ device_code: 'the-device-code', client_id: 'cli' });
  });

  test('asks as often as the provider says, and less often after an answer that did not come', async ({ signIn }) => {
    const { outcome, pauses } = await signIn({ ...CODE, expires_in: 600, interval: 2 }, [
      'hang up',
      { status: 503, json: {} },
      PENDING,
      TOKENS,
    ]);
    expect(outcome).toMatchObject({ accessToken: 'the-token' });
    expect(pauses).toEqual([2, 4, 8, 8]);
  });

  test('ends when the code has expired', async ({ signIn }) => {
    const { outcome, pauses } = await signIn({ ...CODE, expires_in: 12 }, [PENDING, PENDING, PENDING, PENDING]);
    expect([outcome, pauses]).toEqual([expect.objectContaining({ exit: 'unavailable' }), [5, 5, 5]]);
  });

  test.for(['access_denied', 'expired_token', 'invalid_grant'])('ends at %s', async (error, { signIn }) => {
    const { outcome } = await signIn({ ...CODE, expires_in: 600 }, [PENDING, { status: 400, json: { error } }]);
    expect(outcome).toEqual({ exit: 'signIn', message: expect.stringContaining(error) });
  });
});
