import { mkdtempSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test } from '../../support/unit-fixtures.ts';
import { processesOf, run } from './running-gateway.ts';

/* Mistakes that need no Go. `test/door` has the network door itself. */

test('an unknown POSTERN_INGRESS: one sentence, exit 1', async ({ ownFolder }) => {
  const wrong = run('start', [], { POSTERN_DATA: ownFolder, POSTERN_INGRESS: 'bridge' });
  expect(await wrong.ended).toBe(1);
  expect(wrong.said().trim()).toBe('POSTERN_INGRESS is "bridge"; expected application or network.');
});

test('the network door without Go: a sentence with the remedy, exit 1, nothing left', async ({ ownFolder }) => {
  const empty = mkdtempSync(join(ownFolder, 'path-'));
  const started = run('start', [], { POSTERN_DATA: ownFolder, POSTERN_INGRESS: 'network', PATH: empty });
  expect(await started.ended).toBe(1);
  expect(started.said().trim().split('\n').at(-1)).toBe(
    'POSTERN_INGRESS=network builds the network door with Go, and PATH has no command "go". Install Go from https://go.dev/dl/, or start without POSTERN_INGRESS.',
  );
  expect(processesOf(ownFolder)).toEqual([]);
});

test('a taken POSTERN_CONSOLE_PORT with the network door: one sentence, exit 1', async ({
  onTestFinished,
  ownFolder,
}) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const started = run('start', [], {
    POSTERN_DATA: ownFolder,
    POSTERN_INGRESS: 'network',
    POSTERN_CONSOLE_PORT: String(port),
  });
  expect(await started.ended).toBe(1);
  expect(started.said().trim()).toBe(
    `Port ${port}, for the console, is taken: stop what uses it, or name another port in POSTERN_CONSOLE_PORT (0: a free one).`,
  );
});
