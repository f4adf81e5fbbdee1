import { expect } from 'vitest';
import { requestAccessToken } from '../../../scenario/access-token.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { test as base } from './gateway-fixtures.ts';

interface Key {
  readonly kid: string;
  readonly state: string;
  readonly retiredAt?: string;
}

const test = base
  .override('variables', { scope: 'file' }, () => ({ POSTERN_SIGNING: 'rotating' }))
  .extend('operatorToken', { scope: 'file' }, ({ ready }) =>
    requestAccessToken(ready.idp, ready.clients.operator, 'operator_read operator_write'),
  )
  .extend('keys', ({ operatorToken, ready }) => async (): Promise<readonly Key[]> => {
    const response = await fetch(`${ready.gateway}/v1/operator/keys`, {
      headers: { authorization: `Bearer ${operatorToken}` },
    });
    expect(response.status).toBe(200);
    return ((await response.json()) as { readonly keys: readonly Key[] }).keys;
  })
  /** Key ids of the JWKS. */
  .extend('published', ({ ready }) => async (): Promise<readonly string[]> => {
    const response = await fetch(`${ready.gateway}/.well-known/jwks.json`);
    return ((await response.json()) as { readonly keys: readonly Key[] }).keys.map(({ kid }) => kid);
  });

test('O3 an operator retires the signing key: the JWKS drops it, and a next key exists again', async ({
  keys,
  operatorToken,
  published,
  ready,
}) => {
  const [next, signing] = await keys();
  expect([next?.state, signing?.state]).toEqual(['next', 'signing']);
  expect(await published()).toEqual(expect.arrayContaining([next?.kid, signing?.kid]));

  const response = await fetch(`${ready.gateway}/v1/operator/keys/${signing?.kid}/retire`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'An exercise.' }),
  });
  expect([response.status, await response.json()]).toEqual([
    200,
    expect.objectContaining({ kid: signing?.kid, state: 'retired', retiredAt: expect.stringMatching(/Z$/) }),
  ]);
  // The function that rotates keys was invoked, and did not wait for its schedule.
  await expect.poll(async () => (await keys()).length, EVENTUALLY).toBe(3);
  await expect.poll(published, EVENTUALLY).not.toContain(signing?.kid);
  expect(await published()).toContain(next?.kid);
});
