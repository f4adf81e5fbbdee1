import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startExampleProcessor } from '../../../local/example-processor/start.ts';

const say = (): void => undefined;

test('starts at the port of the origin, or at a free one for port 0', async ({ onTestFinished }) => {
  const first = await startExampleProcessor('http://127.0.0.1:0', say);
  if (typeof first === 'string') throw new Error(first);
  await first.stop();
  const second = await startExampleProcessor(first.origin, say);
  if (typeof second === 'string') throw new Error(second);
  onTestFinished(second.stop);
  expect(second.origin).toBe(first.origin);
  expect((await fetch(`${second.origin}/jobs`, { method: 'POST', body: '{}' })).status).toBe(503);
});

test('says in a sentence that the port is taken, and leaves what listens there alone', async ({ onTestFinished }) => {
  const server = createServer((_, response) => void response.end('mine'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(await startExampleProcessor(`http://127.0.0.1:${port}`, say)).toBe(
    `The example processor does not run, because port ${port} is taken. What listens there gets the work that Postern sends. POSTERN_PROCESSOR_ORIGIN names another origin.`,
  );
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('mine');
});
