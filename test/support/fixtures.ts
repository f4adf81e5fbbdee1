import { openFileStore, openStore } from './engine.ts';
import { openFaultProxy } from './fault-proxy.ts';
import { openKms } from './kms.ts';
import { aReceiver } from './receiver.ts';
import { openS3 } from './s3.ts';
import { openSenderWorld } from './sender-world.ts';
import { aSigningKey } from './tokens.ts';
import { test as base } from './unit-fixtures.ts';

/**
 * `test` with the dependencies of an integration test, and those of `unit-fixtures.ts`. A fixture is opened when the first test of a file asks for it and
 * closed after the last, so a file pays for nothing that it does not use:
 *
 * ```ts
 * import { test } from '../../support/fixtures.ts';
 *
 * test('C6 refuses a second use', async ({ store, key, receiver }) => { … });
 * ```
 *
 * Most fixtures are the same for the whole file. `receiver`, `open`, `tasks`, `ownStore` and the proxies are new for each
 * test: no lines, no faults, no requests counted.
 *
 * Other options, or a dependency of one file: `const test = base.extend('NAME', …)` there, `test.override('NAME', …)` in a
 * `describe`. For a table of cases use `test.for(cases)(title, (row, { store }) => …)`; `test.each` has no fixtures.
 */
export const test = base
  /** Tables of this file in the DynamoDB engine of the run, empty at its start. */
  .extend('store', { scope: 'file' }, async ({}, { onCleanup }) => {
    const store = await openFileStore();
    onCleanup(store.close);
    return store;
  })
  /** Empty tables of one test, for tests that read or change all tasks. */
  .extend('ownStore', async ({}, { onCleanup }) => {
    const store = await openStore();
    onCleanup(store.close);
    return store;
  })
  /** Key pair that signs callback tokens. */
  .extend('key', { scope: 'file' }, () => aSigningKey())
  /** The receiver on `store`, with the public half of `key` and the processors of `registry.ts`. */
  .extend('receiver', ({ store, key }) => aReceiver({ store, keys: [key] }))
  .extend('openProxy', { scope: 'file' }, async ({ store }, { onCleanup }) => {
    const proxy = await openFaultProxy(store.endpoint);
    onCleanup(proxy.close);
    return proxy;
  })
  /** Proxy in front of the engine that injects faults and counts requests. */
  .extend('proxy', ({ openProxy }) => {
    openProxy.clear();
    return openProxy;
  })
  /** Stand-in for AWS KMS with a signing key and an HMAC key. */
  .extend('kms', { scope: 'file' }, async ({}, { onCleanup }) => {
    const kms = await openKms();
    onCleanup(kms.close);
    return kms;
  })
  .extend('openKmsProxy', { scope: 'file' }, async ({ kms }, { onCleanup }) => {
    const proxy = await openFaultProxy(kms.endpoint);
    onCleanup(proxy.close);
    return proxy;
  })
  /** Proxy in front of `kms`, as `proxy` is in front of the engine. */
  .extend('kmsProxy', ({ openKmsProxy }) => {
    openKmsProxy.clear();
    return openKmsProxy;
  })
  /** Stand-in for Amazon S3 with one bucket. */
  .extend('s3', { scope: 'file' }, async ({}, { onCleanup }) => {
    const s3 = await openS3();
    onCleanup(s3.close);
    return s3;
  })
  .extend('openS3Proxy', { scope: 'file' }, async ({ s3 }, { onCleanup }) => {
    const proxy = await openFaultProxy(s3.endpoint);
    onCleanup(proxy.close);
    return proxy;
  })
  /** Proxy in front of `s3`, as `proxy` is in front of the engine. */
  .extend('s3Proxy', ({ openS3Proxy }) => {
    openS3Proxy.clear();
    return openS3Proxy;
  })
  .extend('openSender', { scope: 'file' }, async ({}, { onCleanup }) => {
    const sender = await openSenderWorld();
    onCleanup(sender.close);
    return sender;
  })
  /** The functions of the sender API with tables, KMS and identity provider of their own; each test finds no faults set. */
  .extend('sender', ({ openSender }) => {
    openSender.clear();
    return openSender;
  })
  /** The function `create-task` of `sender`. */
  .extend('open', ({ sender }) => sender.opener())
  /** The function `tasks` of `sender`. */
  .extend('tasks', ({ sender }) => sender.tasks());
