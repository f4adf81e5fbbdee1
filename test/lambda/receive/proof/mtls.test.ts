import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Variables } from '../../../../lambda/contract/environment-variables.ts';
import { createProof } from '../../../../lambda/receive/proof/mtls.ts';
import type { ProofContext } from '../../../../lambda/receive/proof/proof.ts';
import { asHeader, CERTIFICATES } from '../../../support/certificates.ts';
import { openStore, type TestStore } from '../../../support/engine.ts';
import '../../../support/matchers.ts';
import { expectUntouched } from '../../../support/proofs.ts';
import {
  aReceiver,
  type OpenTask,
  putCode,
  putTask,
  type ReceiverFixture,
  readTask,
} from '../../../support/receiver.ts';
import { aProcessor, REGISTRY } from '../../../support/registry.ts';
import { aSigningKey } from '../../../support/tokens.ts';

const key = await aSigningKey();
const thumbprintOf = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url');
const ACME = thumbprintOf(CERTIFICATES.acme);
const GROUP = 'postern-test-mtls';
const registry = {
  ...REGISTRY,
  'mtls-ocr': aProcessor({
    id: 'mtls-ocr',
    carriers: ['header', 'short', 'path'],
    proof: { kind: 'mtls', x5tS256: ACME, port: 8443 },
  }),
};

let store: TestStore;
let receiver: ReceiverFixture;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
const behind = (mode: string) =>
  aReceiver({
    store,
    keys: [key],
    registry,
    variables: { MUTUAL_TLS_TARGET_GROUP: GROUP, MUTUAL_TLS_MODE: mode },
  });
beforeEach(() => {
  receiver = behind('verify');
});

const aTask = (cnf: object | undefined = { 'x5t#S256': ACME }) =>
  putTask(store, key, { processor: 'mtls-ocr' }, { ...(cnf && { cnf }) });

const deliver = (
  task: OpenTask,
  headers: Readonly<Record<string, string | readonly string[]>>,
  more: { readonly targetGroup?: string; readonly path?: string } = {},
) =>
  receiver.deliver({
    path: task.path('result'),
    targetGroup: GROUP,
    ...more,
    headers: {
      'content-type': 'application/json',
      ...(more.path === undefined && { authorization: `Bearer ${task.tokens.result}` }),
      ...headers,
    },
    body: '{}',
  });

const LEAF = 'x-amzn-mtls-clientcert-leaf';
const CHAIN = 'x-amzn-mtls-clientcert';

describe('a callback by a connection with the certificate', () => {
  test.each([
    ['verified by the load balancer', 'verify', { [LEAF]: asHeader(CERTIFICATES.acme) }],
    ['handed on by it', 'passthrough', { [CHAIN]: asHeader(CERTIFICATES.acme) }],
    ['handed on with its chain', 'passthrough', { [CHAIN]: asHeader(`${CERTIFICATES.acme}\n${CERTIFICATES.other}`) }],
    ['encoded wholly', 'verify', { [LEAF]: encodeURIComponent(CERTIFICATES.acme) }],
  ])('%s is recorded', async (_, mode, headers) => {
    receiver = behind(mode);
    const task = await aTask();
    expect((await deliver(task, headers)).status).toBe(200);
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  });

  test('is recorded where the token is in the path, or behind a short code', async () => {
    const headers = { [LEAF]: asHeader(CERTIFICATES.acme) };
    const task = await aTask();
    expect((await deliver(task, headers, { path: `${task.path('result')}/${task.tokens.result}` })).status).toBe(200);
    const other = await aTask();
    expect((await deliver(other, headers, { path: `/c/${await putCode(store, other, 'result')}` })).status).toBe(200);
  });
});

describe('nothing is consumed by a callback', () => {
  test('P4 whose caller wrote the header itself, by the listener that asks for no certificate', async () => {
    const task = await aTask();
    for (const name of [LEAF, CHAIN]) {
      const answer = await deliver(
        task,
        { [name]: asHeader(CERTIFICATES.acme) },
        { targetGroup: 'postern-test-receive' },
      );
      expect(answer).toBeRefusedWith('proof_missing');
    }
    await expectUntouched(store, task);
  });

  test('without a certificate', async () => {
    const task = await aTask();
    expect(await deliver(task, {})).toBeRefusedWith('proof_missing');
    const path = `${task.path('result')}/${task.tokens.result}`;
    expect(await deliver(task, {}, { path, targetGroup: 'postern-test-receive' })).toBeRefusedWith('proof_missing');
    await expectUntouched(store, task);
  });

  test.each<[string, Readonly<Record<string, string | readonly string[]>>]>([
    ['another certificate', { [LEAF]: asHeader(CERTIFICATES.other) }],
    ['another leaf and its own chain', { [LEAF]: asHeader(CERTIFICATES.other), [CHAIN]: asHeader(CERTIFICATES.acme) }],
    ['two lines', { [LEAF]: [asHeader(CERTIFICATES.acme), asHeader(CERTIFICATES.acme)] }],
    ['no certificate in the header', { [LEAF]: 'none' }],
    ['half a certificate', { [LEAF]: asHeader(CERTIFICATES.acme).slice(0, 200) }],
    ['an encoding that is none', { [LEAF]: `${asHeader(CERTIFICATES.acme)}%` }],
    [
      'a certificate that is no DER',
      { [LEAF]: asHeader('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----') },
    ],
    ['nothing in the header', { [LEAF]: '' }],
  ])('with %s', async (_, headers) => {
    const task = await aTask();
    expect(await deliver(task, headers)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('with a chain that only ends with it', async () => {
    receiver = behind('passthrough');
    const task = await aTask();
    const headers = { [CHAIN]: asHeader(`${CERTIFICATES.other}\n${CERTIFICATES.acme}`) };
    expect(await deliver(task, headers)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test.each([
    ['passthrough', { [CHAIN]: asHeader(CERTIFICATES.other), [LEAF]: asHeader(CERTIFICATES.acme) }, 'proof_invalid'],
    ['passthrough', { [LEAF]: asHeader(CERTIFICATES.acme) }, 'proof_missing'],
    ['verify', { [CHAIN]: asHeader(CERTIFICATES.acme) }, 'proof_missing'],
  ] as const)(
    'P4 whose caller wrote the header that the load balancer does not in mode %s',
    async (mode, headers, code) => {
      receiver = behind(mode);
      const task = await aTask();
      expect(await deliver(task, headers)).toBeRefusedWith(code);
      await expectUntouched(store, task);
    },
  );

  test.each(['off', 'Verify', ''])('where the mode is "%s"', (mode) => {
    const variables = { MUTUAL_TLS_MODE: mode, MUTUAL_TLS_TARGET_GROUP: GROUP } as Variables<'receive'>;
    expect(() => createProof({ variables } as ProofContext)).toThrow(/MUTUAL_TLS_MODE/);
  });

  test('with a certificate that has expired, though the token is bound to it', async () => {
    receiver = behind('passthrough');
    const task = await aTask({ 'x5t#S256': thumbprintOf(CERTIFICATES.expired) });
    expect(await deliver(task, { [CHAIN]: asHeader(CERTIFICATES.expired) })).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test.each([
    ['to nothing', undefined, 'proof_invalid'],
    ['to a key', { jkt: ACME }, 'proof_missing'],
    ['to a key too', { 'x5t#S256': ACME, jkt: ACME }, 'proof_missing'],
  ] as const)('whose token is bound %s', async (_, cnf, code) => {
    const task = await putTask(store, key, { processor: 'mtls-ocr' }, { cnf });
    expect(await deliver(task, { [LEAF]: asHeader(CERTIFICATES.acme) })).toBeRefusedWith(code);
    await expectUntouched(store, task);
  });

  test('of a processor without certificates, whose token is bound to one', async () => {
    const task = await putTask(store, key, { processor: 'header-ocr' }, { cnf: { 'x5t#S256': ACME } });
    expect(await deliver(task, { [LEAF]: asHeader(CERTIFICATES.acme) })).toBeRefusedWith('proof_missing');
    await expectUntouched(store, task);
  });

  test('P1 with scheme DPoP, or a second token', async () => {
    const task = await aTask();
    const leaf = { [LEAF]: asHeader(CERTIFICATES.acme) };
    expect(await deliver(task, { ...leaf, authorization: `DPoP ${task.tokens.result}` })).toBeRefusedWith(
      'token_missing',
    );
    expect(await deliver(task, { ...leaf, 'callback-token': task.tokens.result })).toBeRefusedWith('token_ambiguous');
    await expectUntouched(store, task);
  });
});
