import { expect } from 'vitest';
import { test as base } from '../local/start/gateway-fixtures.ts';
import { runPostern, startPostern } from '../support/command-line.ts';
import { EVENTUALLY } from '../support/patience.ts';

const test = base.extend('open', ({ accessToken, ready }) => async (): Promise<string> => {
  const response = await fetch(`${ready.gateway}/v1/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 3_600 }),
  });
  return ((await response.json()) as { taskId: string }).taskId;
});

test('postern events tail shows the events from now on, or all with --since start', async ({ folder, open }) => {
  const env = { POSTERN_DATA: folder };
  const earlier = await open();
  const all = startPostern(['events', 'tail', '--since', 'start', '-o', 'jsonl'], { cwd: folder, env });
  await expect.poll(all.said, EVENTUALLY).toContain(earlier);
  all.interrupt();
  expect((await all.ended).code).toBe(130);

  const running = startPostern(['events', 'tail'], { cwd: folder, env });
  await expect.poll(running.noted, EVENTUALLY).toContain('Following ');
  const later = await open();
  await expect
    .poll(running.said, EVENTUALLY)
    .toMatch(new RegExp(`^\\S+Z {2}Task Opened {11}${later} {2}invoices {2}acme-ocr {2}pending$`, 'm'));
  running.interrupt();
  const { stdout } = await running.ended;
  expect(stdout).not.toContain(earlier);
  expect(stdout).not.toMatch(/eyJ|\/v1\/results/);
});

test('postern events tail without a gateway on this machine says how to start one', async ({ ownFolder }) => {
  expect(await runPostern(['events', 'tail'], { cwd: ownFolder, env: { POSTERN_DATA: ownFolder } })).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('postern dev'),
  });
});
