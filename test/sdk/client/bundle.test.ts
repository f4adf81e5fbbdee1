import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect } from 'vitest';
import type * as Client from '../../../sdk/client/index.ts';
import { aTaskView, test } from '../../support/client-of-stand-in.ts';

const SDK = fileURLToPath(new URL('../../../sdk/client/', import.meta.url));

/** Globals that Node, Deno, Bun and workers have (https://min-common-api.proposal.wintertc.org). */
const WEB_GLOBALS = {
  AbortController,
  AbortSignal,
  atob,
  btoa,
  clearTimeout,
  crypto,
  fetch,
  Response,
  setTimeout,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
};

const bundle = async (entry: string, format: 'esm' | 'iife') => {
  const { metafile, outputFiles } = await build({
    absWorkingDir: SDK,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format,
    globalName: 'client',
    platform: 'neutral',
    target: 'es2022',
    logLevel: 'silent',
  });
  return { bytes: outputFiles[0]?.contents ?? new Uint8Array(), inputs: Object.keys(metafile.inputs) };
};

describe.each(['index.ts', 'operator/index.ts'])('the bundle of %s', (entry) => {
  test('has at most 10 KB gzipped', async () => {
    const { bytes } = await bundle(entry, 'esm');
    expect(gzipSync(bytes).length).toBeLessThanOrEqual(10_000);
  });

  test('has code of this repository only: the package and the contract', async () => {
    const { inputs } = await bundle(entry, 'esm');
    expect(
      inputs.filter((file) => !/^(\.\.\/shared|\.\.\/\.\.\/lambda\/contract|operator|[a-z-]+\.ts)/.test(file)),
    ).toEqual([]);
  });
});

describe('the bundle', () => {
  test('runs with what every run time on the web has', async ({ server }) => {
    const { bytes } = await bundle('index.ts', 'iife');
    const context = createContext({ ...WEB_GLOBALS });
    runInContext(new TextDecoder().decode(bytes), context);
    const { clientCredentials, Postern } = runInContext('client', context) as typeof Client;

    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const credentials = clientCredentials({
      issuer: server.origin,
      tokenEndpoint: `${server.origin}/token`,
      clientId: 'sender-1',
      privateKey: { ...(await exportJWK(privateKey)) },
    });
    server.answerWith(
      { status: 200, body: { access_token: 'TOKEN-1', expires_in: 60 } },
      { status: 201, body: { ...aTaskView(), callbacks: {} } },
      { status: 200, body: aTaskView({ status: 'succeeded' }) },
      { status: 200, body: 'Total 42.00' },
    );
    const postern = new Postern({ origin: server.origin, credentials });
    const { taskId } = await postern.tasks.open({ processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 60 });
    const bytesOfResult = await (await postern.tasks.wait(taskId)).result();
    expect(new TextDecoder().decode(bytesOfResult)).toBe('Total 42.00');
  });
});
