import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect } from 'vitest';
import type { Variables } from '../../../../../../lambda/contract/variables.ts';
import { createProof } from '../../../../../../lambda/functions/receive/checks/proof/mtls.ts';
import type { ProofContext } from '../../../../../../lambda/functions/receive/checks/proof/proof.ts';
import { asHeader, CERTIFICATES } from '../../../../../support/certificates.ts';
import { test as base } from '../../../../../support/fixtures.ts';
import '../../../../../support/matchers.ts';
import { expectUntouched } from '../../../../../support/proofs.ts';
import { aReceiver, type OpenTask, putCode, putTask, readTask } from '../../../../../support/receiver.ts';
import { aProcessor, REGISTRY } from '../../../../../support/registry.ts';

const thumbprintOf = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url');
const ACME = thumbprintOf(CERTIFICATES.acme);
const GROUP = 'postern-test-mtls';
const HEADER = 'x-postern-client-certificate-0a1b2c3d-4e5f-11f0-9a8b-0123456789ab';
/** The load balancer's default names, which are public. */
const COMMON = ['x-amzn-mtls-clientcert', 'x-amzn-mtls-clientcert-leaf'];
const registry = {
  ...REGISTRY,
  'mtls-ocr': aProcessor({
    id: 'mtls-ocr',
    carriers: ['header', 'short', 'path'],
    proof: { kind: 'mtls', x5tS256: ACME, port: 8443 },
  }),
};

const test = base
  .extend('receiver', ({ key, store }) =>
    aReceiver({
      store,
      keys: [key],
      registry,
      variables: { MUTUAL_TLS_TARGET_GROUP: GROUP, MUTUAL_TLS_HEADER: HEADER },
    }),
  )
  .extend(
    'aTask',
    ({ key, store }) =>
      (cnf: object | undefined = { 'x5t#S256': ACME }) =>
        putTask(store, key, { processor: 'mtls-ocr' }, { ...(cnf && { cnf }) }),
  )
  .extend(
    'deliver',
    ({ receiver }) =>
      (
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
        }),
  );

describe('a callback by a connection with the certificate', () => {
  test.for([
    ['by itself, as the load balancer has verified it', asHeader(CERTIFICATES.acme)],
    ['with its chain, as the load balancer hands it on', asHeader(`${CERTIFICATES.acme}\n${CERTIFICATES.other}`)],
    ['encoded wholly', encodeURIComponent(CERTIFICATES.acme)],
  ] as const)('is recorded: %s', async ([_, line], { aTask, deliver, store }) => {
    const task = await aTask();
    expect((await deliver(task, { [HEADER]: line })).status).toBe(200);
    expect(await readTask(store, task.taskId)).toMatchObject({ status: 'succeeded' });
  });

  test('is recorded where the token is in the path, or behind a short code', async ({ aTask, deliver, store }) => {
    const headers = { [HEADER]: asHeader(CERTIFICATES.acme) };
    const task = await aTask();
    expect((await deliver(task, headers, { path: `${task.path('result')}/${task.tokens.result}` })).status).toBe(200);
    const other = await aTask();
    expect((await deliver(other, headers, { path: `/c/${await putCode(store, other, 'result')}` })).status).toBe(200);
  });
});

describe('a refused callback consumes nothing', () => {
  test('P4 refuses a header of the caller on the listener without certificates', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    for (const name of [HEADER, ...COMMON]) {
      const answer = await deliver(
        task,
        { [name]: asHeader(CERTIFICATES.acme) },
        { targetGroup: 'postern-test-receive' },
      );
      expect(answer).toBeRefusedWith('proof_missing');
    }
    await expectUntouched(store, task);
  });

  test('refuses a callback without a certificate', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, {})).toBeRefusedWith('proof_missing');
    const path = `${task.path('result')}/${task.tokens.result}`;
    expect(await deliver(task, {}, { path, targetGroup: 'postern-test-receive' })).toBeRefusedWith('proof_missing');
    await expectUntouched(store, task);
  });

  test.for<[string, Readonly<Record<string, string | readonly string[]>>]>([
    ['another certificate', { [HEADER]: asHeader(CERTIFICATES.other) }],
    [
      'another certificate, and its own under a common name',
      { [HEADER]: asHeader(CERTIFICATES.other), [COMMON[0] ?? '']: asHeader(CERTIFICATES.acme) },
    ],
    ['two lines that were made one', { [HEADER]: `${asHeader(CERTIFICATES.acme)},${asHeader(CERTIFICATES.other)}` }],
    ['two lines', { [HEADER]: [asHeader(CERTIFICATES.acme), asHeader(CERTIFICATES.acme)] }],
    ['no certificate in the header', { [HEADER]: 'none' }],
    ['half a certificate', { [HEADER]: asHeader(CERTIFICATES.acme).slice(0, 200) }],
    ['an encoding that is none', { [HEADER]: `${asHeader(CERTIFICATES.acme)}%` }],
    [
      'a certificate that is no DER',
      { [HEADER]: asHeader('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----') },
    ],
    ['nothing in the header', { [HEADER]: '' }],
  ])('refuses a callback with %s', async ([_, headers], { aTask, deliver, store }) => {
    const task = await aTask();
    expect(await deliver(task, headers)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('refuses a chain that has the certificate only at its end', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const headers = { [HEADER]: asHeader(`${CERTIFICATES.other}\n${CERTIFICATES.acme}`) };
    expect(await deliver(task, headers)).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test('P4 refuses a header of the caller under a well-known name', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    for (const name of [...COMMON, 'x-postern-client-certificate-']) {
      expect(await deliver(task, { [name]: asHeader(CERTIFICATES.acme) })).toBeRefusedWith('proof_missing');
    }
    await expectUntouched(store, task);
  });

  test.each([
    ...COMMON,
    'none',
    'x-postern-client-certificate-',
    'x-postern-client-certificate-test',
    `X-Postern-Client-Certificate-${'a'.repeat(32)}`,
  ])('refuses a template with "%s" as its header', (name) => {
    const variables = { MUTUAL_TLS_HEADER: name, MUTUAL_TLS_TARGET_GROUP: GROUP } as Variables<'receive'>;
    expect(() => createProof({ variables } as ProofContext)).toThrow(
      `MUTUAL_TLS_HEADER is "${name}"; expected x-postern-client-certificate-`,
    );
  });

  test('refuses an expired certificate, even if the token is bound to it', async ({ aTask, deliver, store }) => {
    const task = await aTask({ 'x5t#S256': thumbprintOf(CERTIFICATES.expired) });
    expect(await deliver(task, { [HEADER]: asHeader(CERTIFICATES.expired) })).toBeRefusedWith('proof_invalid');
    await expectUntouched(store, task);
  });

  test.for([
    ['to nothing', undefined, 'proof_invalid'],
    ['to a key', { jkt: ACME }, 'proof_missing'],
    ['to a key too', { 'x5t#S256': ACME, jkt: ACME }, 'proof_missing'],
  ] as const)('refuses a token that is bound %s', async ([_, cnf, code], { deliver, key, store }) => {
    const task = await putTask(store, key, { processor: 'mtls-ocr' }, { cnf });
    expect(await deliver(task, { [HEADER]: asHeader(CERTIFICATES.acme) })).toBeRefusedWith(code);
    await expectUntouched(store, task);
  });

  test('refuses a token bound to a certificate for a processor without certificates', async ({
    deliver,
    key,
    store,
  }) => {
    const task = await putTask(store, key, { processor: 'header-ocr' }, { cnf: { 'x5t#S256': ACME } });
    expect(await deliver(task, { [HEADER]: asHeader(CERTIFICATES.acme) })).toBeRefusedWith('proof_missing');
    await expectUntouched(store, task);
  });

  test('P1 refuses the scheme DPoP and a second token', async ({ aTask, deliver, store }) => {
    const task = await aTask();
    const leaf = { [HEADER]: asHeader(CERTIFICATES.acme) };
    expect(await deliver(task, { ...leaf, authorization: `DPoP ${task.tokens.result}` })).toBeRefusedWith(
      'token_missing',
    );
    expect(await deliver(task, { ...leaf, 'callback-token': task.tokens.result })).toBeRefusedWith('token_ambiguous');
    await expectUntouched(store, task);
  });
});
