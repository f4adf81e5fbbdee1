import { describe, expect } from 'vitest';
import { NEVER } from '../../lambda/contract/limits.ts';
import { callBySdk } from '../../lambda/shared/aws/dynamodb-sdk.ts';
import { readSigningKeys } from '../../lambda/shared/signing-keys/read-signing-keys.ts';
import { test as base } from '../support/fixtures.ts';
import '../support/matchers.ts';
import { operatorApiOf, operatorTokens } from '../support/operator-api.ts';
import { readTask } from '../support/receiver.ts';
import { aTaskBody, type Opened, openSenderWorld, type SenderWorld } from '../support/sender-world.ts';
import { makeSigningKey, putSigningKey } from '../support/signing-keys.ts';
import { NOW } from '../support/tokens.ts';

/**
 * Sender, receiver and operator with one table of signing keys: one key signs, and the next one is published. `at` sets the
 * clocks, in seconds after `NOW`.
 */
const test = base.extend('world', async ({}, { onCleanup }) => {
  const sender = await openSenderWorld();
  onCleanup(sender.close);
  const { kms, rotatingKey, store } = sender;
  const next = await makeSigningKey(kms, {
    generation: 2,
    publishedAt: NOW - 65,
    signFrom: NEVER,
    signUntil: NEVER + 1,
    verifyUntil: NEVER + 2,
  });
  await putSigningKey(store, next.item);
  const call = callBySdk(store.client);
  const receiver = await sender.receiver({ readKeys: () => readSigningKeys(call, store.signingKeysTable) });
  const opener = sender.opener();
  const { acting } = await operatorTokens(sender.idp);
  const api = operatorApiOf(sender);
  const retire = async (kid: string) => {
    const answer = await api.send(acting, {
      method: 'POST',
      path: `/v1/operator/keys/${kid}/retire`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'the key may have leaked' }),
    });
    expect(answer.status).toBe(200);
  };
  const at = (seconds: number) => {
    receiver.at(NOW + seconds);
    opener.at((NOW + seconds) * 1_000);
    api.at((NOW + seconds) * 1_000);
  };
  return { sender, store, receiver, opener, retire, at, kid: rotatingKey.item.kid, nextKid: next.item.kid };
});

type Opener = ReturnType<SenderWorld['opener']>;

const post = (path: string, body?: unknown) => ({
  method: 'POST',
  path,
  ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
});

const open = async (opener: Opener, processor: string): Promise<Opened> => {
  const answer = await opener.send(post('/v1/tasks', aTaskBody({ processor })));
  expect(answer.status).toBe(201);
  return answer.json as Opened;
};

const kidOf = ({ callbacks }: Opened): unknown => {
  const [header = ''] = (callbacks.result?.token ?? '').split('.');
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid;
};

const result = ({ callbacks, taskId }: Opened) => ({
  method: 'POST',
  path: `/v1/results/${taskId}`,
  headers: { authorization: `Bearer ${callbacks.result?.token}`, 'content-type': 'text/plain' },
});

describe('a retired key', () => {
  test('O3 signs and verifies nothing after 60 seconds, and the next key signs', async ({ world }) => {
    const { at, kid, nextKid, opener, receiver, retire, store } = world;
    const [delivered, pending] = [await open(opener, 'header-ocr'), await open(opener, 'header-ocr')];
    expect([delivered, pending].map(kidOf)).toEqual([kid, kid]);
    expect((await receiver.deliver(result(delivered))).status).toBe(200);

    await retire(kid);
    at(60);
    expect(await receiver.deliver(result(pending))).toBeRefusedWith('token_key_unknown');
    // A repeat of an earlier delivery too.
    expect(await receiver.deliver(result(delivered))).toBeRefusedWith('token_key_unknown');
    for (const [task, status] of [
      [delivered, 'succeeded'],
      [pending, 'pending'],
    ] as const) {
      expect(await readTask(store, task.taskId)).toMatchObject({ status, quarantine: {} });
    }

    const later = await open(opener, 'header-ocr');
    expect(kidOf(later)).toBe(nextKid);
    expect((await receiver.deliver(result(later))).status).toBe(200);
    const reissued = await opener.send(post(`/v1/tasks/${pending.taskId}/callbacks`));
    expect(reissued.status).toBe(201);
    expect(kidOf(reissued.json as Opened)).toBe(nextKid);
    expect((await receiver.deliver(result(reissued.json as Opened))).status).toBe(200);
  });

  test('stops no short code of a task that was opened under it', async ({ world }) => {
    const { at, kid, opener, receiver, retire, store } = world;
    const task = await open(opener, 'short-ocr');
    await retire(kid);
    at(60);
    const path = new URL(task.callbacks.result?.url ?? '').pathname;
    const answer = await receiver.deliver({ method: 'POST', path, headers: { 'content-type': 'text/plain' } });
    expect(answer.status).toBe(200);
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  });

  test('and a second one leave no key that signs until a new one was published for 65 seconds', async ({ world }) => {
    const { at, kid, nextKid, opener, receiver, retire, sender, store } = world;
    await retire(kid);
    await retire(nextKid);
    const third = await makeSigningKey(sender.kms, { generation: 3, publishedAt: NOW, signFrom: NOW + 65 });
    await putSigningKey(store, third.item);
    at(64);
    const refused = await opener.send(post('/v1/tasks', aTaskBody({ processor: 'header-ocr' })));
    expect(refused).toBeRefusedWith('unavailable');
    at(65);
    // The list of this process is younger than a minute and has the key.
    const task = await open(opener, 'header-ocr');
    expect(kidOf(task)).toBe(third.item.kid);
    expect((await receiver.deliver(result(task))).status).toBe(200);
  });
});
