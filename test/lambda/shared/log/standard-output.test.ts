import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';

const MODULE = new URL('../../../../lambda/shared/log/standard-output.ts', import.meta.url);

/** Runs a script that writes lines, in a process whose standard output is a pipe that does not block. */
const start = (script: string) => {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '--eval',
      `import { existsSync } from 'node:fs'; const { toStandardOutput } = await import(${JSON.stringify(MODULE.href)}); ${script}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  return { child, output: child.stdout as Readable };
};

test('lines larger than what a pipe holds are written whole, one after the other', async () => {
  const { output } = start(
    `for (const letter of 'abcd') toStandardOutput(letter.repeat(400_000)); process.disconnect();`,
  );
  const lines = (await text(output)).split('\n');
  expect(lines).toEqual([...['a', 'b', 'c', 'd'].map((letter) => letter.repeat(400_000)), '']);
});

test('writes the rest of a line before the next line after the pipe was full', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'output-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const hasSpace = join(folder, 'has-space');
  // Waiting in a loop lets the stream write nothing meanwhile.
  const { child, output } = start(`
    toStandardOutput('a'.repeat(400_000));
    process.send('full');
    while (!existsSync(${JSON.stringify(hasSpace)}));
    toStandardOutput('b');
    process.disconnect();`);
  await once(child, 'message');
  let read = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    read += chunk;
    writeFileSync(hasSpace, '');
  });
  await once(output, 'end');
  expect(read.split('\n')).toEqual(['a'.repeat(400_000), 'b', '']);
});
