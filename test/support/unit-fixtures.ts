import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from 'vitest';
import { openIdentityProvider } from './identity-provider.ts';

/** `test` with the fixtures that need no engine and no process. `fixtures.ts` has them too, and describes how to use them. */
export const test = base
  /** Temporary folder of this file. */
  .extend('folder', { scope: 'file' }, ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-'));
    onCleanup(() => rmSync(folder, { recursive: true, maxRetries: 5 }));
    return folder;
  })
  /** Temporary folder of one test. */
  .extend('ownFolder', ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-'));
    onCleanup(() => rmSync(folder, { recursive: true, maxRetries: 5 }));
    return folder;
  })
  .extend('openProvider', { scope: 'file' }, async ({}, { onCleanup }) => {
    const identityProvider = await openIdentityProvider();
    onCleanup(identityProvider.close);
    return identityProvider;
  })
  /** Identity provider that signs access tokens. Each test finds it with its own key published. */
  .extend('identityProvider', ({ openProvider }) => {
    openProvider.publish(openProvider.key);
    return openProvider;
  });
