import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto';
import { describe, expect, vi } from 'vitest';
import { SIGNING_KEY_SECONDS } from '../../lambda/contract/signing-keys.ts';
import { type ReadySigningKey, watchSigningKey } from '../../local/signing-key.ts';
import { test as base } from '../support/fixtures.ts';
import { EVENTUALLY } from '../support/patience.ts';
import { makeSigningKey, putSigningKey, retireSigningKey } from '../support/signing-keys.ts';
import { NOW } from '../support/tokens.ts';

const test = base
  .extend('clock', () => ({ now: NOW * 1_000 }))
  .extend('changes', (): (ReadySigningKey | undefined)[] => [])
  .extend('watch', ({ changes, clock, kms, ownStore }, { onCleanup }) => async (dynamodb = ownStore.client) => {
    const watched = await watchSigningKey(
      {
        dynamodb,
        tableName: ownStore.signingKeysTable,
        kms: kms.standIns.kms,
        environmentName: 'test',
        now: () => clock.now,
      },
      (key) => changes.push(key),
    );
    onCleanup(watched.stop);
    return watched;
  });

describe('the signing key of the ready file', () => {
  test('is the private half of the key that signs', async ({ kms, ownStore, watch }) => {
    const key = await makeSigningKey(kms);
    await putSigningKey(ownStore, key.item);
    const current = (await watch()).current();

    expect(current).toEqual({
      kid: key.item.kid,
      privateJwk: expect.objectContaining({ kid: key.item.kid, alg: 'ES256' }),
    });
    const privateKey = createPrivateKey({ key: current?.privateJwk as JsonWebKey, format: 'jwk' });
    expect(createPublicKey(privateKey).equals(key.publicKey.key)).toBe(true);
  });

  test('is the next one after a retirement, and none while no key signs', async ({
    changes,
    clock,
    kms,
    ownStore,
    watch,
  }) => {
    const first = await makeSigningKey(kms);
    const next = await makeSigningKey(kms, { generation: 2, publishedAt: NOW, signFrom: first.item.signUntil });
    await putSigningKey(ownStore, first.item);
    await putSigningKey(ownStore, next.item);
    const watched = await watch();
    expect(watched.current()?.kid).toBe(first.item.kid);

    await retireSigningKey(ownStore, first.item);
    await vi.waitFor(() => expect(changes).toEqual([undefined]), EVENTUALLY);
    clock.now += SIGNING_KEY_SECONDS.published * 1_000;
    await vi.waitFor(() => expect(changes.map((key) => key?.kid)).toEqual([undefined, next.item.kid]), EVENTUALLY);
    expect(watched.current()?.kid).toBe(next.item.kid);
  });

  test('a reading that fails is repeated', async ({ changes, clock, kms, ownStore, proxy, watch }) => {
    const first = await makeSigningKey(kms);
    const next = await makeSigningKey(kms, { generation: 2, signFrom: first.item.signUntil });
    await putSigningKey(ownStore, first.item);
    await putSigningKey(ownStore, next.item);
    const watched = await watch(ownStore.connect({ endpoint: proxy.endpoint, maxAttempts: 1 }));

    proxy.clear();
    proxy.injectNext('Query', { kind: 'error', status: 500 }, { kind: 'reset' });
    clock.now = first.item.signUntil * 1_000;
    await vi.waitFor(() => expect(changes.map((key) => key?.kid)).toEqual([next.item.kid]), EVENTUALLY);
    expect(watched.current()?.kid).toBe(next.item.kid);
    expect(proxy.count('Query')).toBeGreaterThan(2);
  });
});
