import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { processesOf } from '../local/start/running-gateway.ts';
import { startPostern } from '../support/command-line.ts';
import { EVENTUALLY } from '../support/patience.ts';
import { test as base } from '../support/unit-fixtures.ts';

const test = base.extend('dev', ({ ownFolder }) => () => {
  const variables = { POSTERN_DATA: ownFolder, POSTERN_PORT: '0', POSTERN_IDP_PORT: '0' };
  return startPostern(['dev', '--no-story'], { env: variables });
});

test.for(['SIGINT', 'SIGKILL'] as const)(
  'postern dev runs the gateway, and %s ends all its processes',
  async (signal, { dev, ownFolder }) => {
    const running = dev();
    await expect.poll(running.said, EVENTUALLY).toContain('Running until Ctrl-C.');
    expect(existsSync(join(ownFolder, 'local.json'))).toBe(true);
    running.interrupt(signal);
    expect((await running.ended).code).toBe(signal === 'SIGINT' ? 0 : 'SIGKILL');
    await expect.poll(() => processesOf(ownFolder), EVENTUALLY).toEqual([]);
    await expect.poll(() => existsSync(join(ownFolder, 'local.json')), EVENTUALLY).toBe(false);
  },
);

test('postern dev hands on that the gateway could not start', async ({ ownFolder }) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const variables = { POSTERN_DATA: ownFolder, POSTERN_PORT: `${port}`, POSTERN_IDP_PORT: '0' };
  const { code, stderr } = await startPostern(['dev', '--no-story'], { env: variables }).ended;
  await new Promise((resolve) => server.close(resolve));
  expect(code).toBe(1);
  expect(stderr).toContain(`Port ${port}, for the gateway, is taken`);
});

test('postern dev ends with 2 where there is no app', async ({ ownFolder }) => {
  const { code, stderr, stdout } = await startPostern(['dev'], { cwd: ownFolder }).ended;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`Neither ${ownFolder} nor a folder above it has a cdk.json`);
});
