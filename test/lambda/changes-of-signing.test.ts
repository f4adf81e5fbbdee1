import { decodeProtectedHeader } from 'jose';
import { describe, expect } from 'vitest';
import type { SigningKind } from '../../lambda/contract/signing.ts';
import { fetchPublicKeys, loadEagerly } from '../../lambda/shared/callback-token/public-keys.ts';
import { readSigningKeys } from '../../lambda/shared/signing-keys/read-signing-keys.ts';
import { test as base } from '../support/fixtures.ts';
import '../support/matchers.ts';
import { aRotation } from '../support/rotation.ts';
import { aTaskBody, type Opened } from '../support/sender-world.ts';
import { NOW } from '../support/tokens.ts';

const DAY = 86_400;
const WEEK = 604_800;

const test = base
  /** Opens a task that lives for a week, by code that signs in one of the two ways. */
  .extend('openBy', ({ ownStore, sender }) => async (kind: SigningKind, seconds: number): Promise<Opened> => {
    const { signing } = sender.signBy(kind);
    const open = sender.opener({
      signing: { ...signing, SIGNING_KEYS_TABLE: ownStore.signingKeysTable },
      keysCall: ownStore.createCall(),
    });
    open.at((NOW + seconds) * 1_000);
    const body = JSON.stringify(aTaskBody({ carrier: 'header', expiresIn: WEEK }));
    const answer = await open.send({ path: '/v1/tasks', headers: { 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(201);
    return answer.json as Opened;
  })
  /** A process of the receiver that runs on, as the environment's setting composes it. */
  .extend('startReceiver', ({ ownStore, sender }) => async (kind: SigningKind) => {
    const { getPublicKey, key } = sender.kms;
    const receiver = await sender.receiver({
      readKeys: () => readSigningKeys(ownStore.createCall(), ownStore.signingKeysTable),
      kmsKeys: kind === 'kms' ? loadEagerly(() => fetchPublicKeys(getPublicKey, [key.arn])) : null,
    });
    /** Delivers the same result of each task again. Returns the statuses. */
    return async (seconds: number, tasks: readonly Opened[]): Promise<readonly number[]> => {
      receiver.at(NOW + seconds);
      const answers = [];
      for (const { callbacks } of tasks) {
        const { token = '', url = '' } = callbacks.result ?? {};
        const headers = { 'content-type': 'text/plain', authorization: `Bearer ${token}` };
        answers.push((await receiver.deliver({ path: new URL(url).pathname, headers, body: 'Total 42.00' })).status);
      }
      return answers;
    };
  })
  .extend('rotation', ({ ownStore, sender }) =>
    aRotation({ store: ownStore, kms: sender.kms, keyIds: [sender.kms.key.arn] }),
  );

const kidOf = ({ callbacks }: Opened) => decodeProtectedHeader(callbacks.result?.token ?? '').kid;

describe('O3 a change of signing from kms to rotating and back', () => {
  test('refuses no live callback, while code of both settings runs', async ({ openBy, rotation, startReceiver }) => {
    const deliverByKms = await startReceiver('kms');
    const tasks = [await openBy('kms', 0)];
    expect(await deliverByKms(0, tasks)).toEqual([200]);

    // The deployment of State runs the rotation, and waits until its first key signs. Earlier code still signs with KMS.
    await rotation.at(100);
    expect(rotation.waits).toEqual([65_000]);
    // The list of this process is 59 seconds old when the first key of the table signs.
    expect(await deliverByKms(106, tasks)).toEqual([200]);
    tasks.push(await openBy('kms', 150));
    const deliverByRotating = await startReceiver('rotating');
    tasks.push(await openBy('rotating', 165));
    expect(new Set(tasks.map(kidOf)).size).toBe(2);
    for (const deliver of [deliverByKms, deliverByRotating]) expect(await deliver(165, tasks)).toEqual([200, 200, 200]);

    for (let day = 1; day <= 3; day += 1) await rotation.at(day * DAY);
    tasks.push(await openBy('rotating', 3 * DAY));
    expect(await deliverByRotating(3 * DAY, tasks)).toEqual([200, 200, 200, 200]);

    // The setting is `kms` again. Nothing rotates from now on.
    const deliverAfterwards = await startReceiver('kms');
    tasks.push(await openBy('kms', 3 * DAY + 60));
    for (const deliver of [deliverByRotating, deliverAfterwards]) {
      expect(await deliver(3 * DAY + 60, tasks)).toEqual([200, 200, 200, 200, 200]);
    }
    // Each token until its end: an expired one is acknowledged for another day, because its use is known.
    expect(await deliverAfterwards(WEEK - 1, tasks)).toEqual([200, 200, 200, 200, 200]);
    expect(await deliverAfterwards(3 * DAY + WEEK - 1, tasks.slice(3))).toEqual([200, 200]);
  });

  test('refuses no first delivery in the last second of a token', async ({ openBy, rotation, startReceiver }) => {
    const byKms = await openBy('kms', 0);
    await rotation.at(100);
    const byRotating = await openBy('rotating', 200);
    // The copy of the key in KMS verifies for a week after the last run that found it in the settings.
    const deliverByRotating = await startReceiver('rotating');
    expect(await deliverByRotating(WEEK - 1, [byKms])).toEqual([200]);
    const deliverByKms = await startReceiver('kms');
    expect(await deliverByKms(200 + WEEK - 1, [byRotating])).toEqual([200]);
  });
});
