import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, vi } from 'vitest';
import { EVENTUALLY } from '../../support/patience.ts';
import { test as base } from './gateway-fixtures.ts';

/** The examples of the processor's guide, run as they stand, each by its own interpreter. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const GUIDE = readFileSync(join(ROOT, 'docs/process/guide.md'), 'utf8');

/** Python's are run where the continuous integration has it: nothing of Postern needs it. */
const PYTHON = process.env.POSTERN_GUIDE_PYTHON;
const INTERPRETERS: Readonly<Record<string, readonly [command: string, ...parameters: string[]]>> = {
  sh: ['bash', '-euo', 'pipefail'],
  ts: [process.execPath, '--import', 'tsx'],
  js: [process.execPath],
  ...(PYTHON && { python: [PYTHON] }),
};
const ENDINGS: Readonly<Record<string, string>> = { sh: 'sh', ts: 'ts', js: 'mjs', python: 'py' };

/** Sections of proofs, with the processor that has it. */
const PROOFS: Readonly<Record<string, string>> = {
  'A URL alone': 'acme-ocr',
  'A URL and a token': 'header-ocr',
  DPoP: 'dpop-ocr',
  'HTTP message signature': 'signed-ocr',
  'Standard Webhooks': 'standard-ocr',
  'Access token': 'idp-ocr',
  Handshake: 'webhook-ocr',
};
/** Sections with examples. */
const SECTIONS: Readonly<Record<string, string>> = { ...PROOFS, 'Send it again': 'header-ocr' };

const aFreePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const blockOf = (section: string, language: string): string => {
  const text = GUIDE.split(/^##+ /m).find((each) => each.startsWith(`${section}\n`)) ?? '';
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(text)?.[1];
  if (block === undefined) throw new Error(`The guide has no ${language} below "${section}".`);
  return block;
};

/** Sections without an example for the package: it sends again by itself, and it has no address that confirms a handshake. */
const WITHOUT_THE_PACKAGE = ['Send it again', 'Handshake'];

const EXAMPLES = Object.keys(SECTIONS).flatMap((section) =>
  Object.keys(INTERPRETERS)
    .filter((language) => language !== 'ts' || !WITHOUT_THE_PACKAGE.includes(section))
    .map((language) => [section, language] as const),
);

/** What an example prints when its delivery was recorded: the status of HTTP, or the receipt of the package. */
const recorded = (language: string): RegExp => (language === 'ts' ? /status: 'succeeded'/ : /\b200\b/);
/** What an example prints when its upload was stored. The package says which status the task had then. */
const stored = (language: string, status: 200 | 412): RegExp =>
  language === 'ts' ? /status: 'pending'/ : new RegExp(`^${status}$`, 'm');

const test = base
  .extend('variables', async () => ({ POSTERN_WEBHOOK_ORIGIN: `http://127.0.0.1:${await aFreePort()}` }))
  // Below the project, where the packages are found that a reader has installed.
  .extend('work', { scope: 'file' }, ({}, { onCleanup }) => {
    const work = join(ROOT, '.build', `guide-${process.pid}`);
    mkdirSync(work, { recursive: true });
    onCleanup(() => rmSync(work, { recursive: true, force: true }));
    return work;
  })
  .extend('scanFile', { scope: 'file' }, ({ folder }) => {
    const scanFile = join(folder, 'scan.pdf');
    writeFileSync(scanFile, scan);
    return scanFile;
  })
  /** Shell variables that `npm run open` prints for a processor. */
  .extend('openTask', ({ folder, variables }) => async (processor: string): Promise<Record<string, string>> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'local/open.ts', processor], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '', POSTERN_DATA: folder, ...variables },
    });
    return Object.fromEntries([...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]));
  })
  /** Runs an example as it stands. */
  .extend(
    'runExample',
    ({ work }) =>
      async (section: string, language: string, variables: Readonly<Record<string, string>>) => {
        const file = join(work, `${section.replaceAll(/\W/g, '-')}-${language}.${ENDINGS[language]}`);
        writeFileSync(file, blockOf(section, language));
        const [command, ...parameters] = INTERPRETERS[language] as readonly [string, ...string[]];
        const { stderr, stdout } = await promisify(execFile)(command, [...parameters, file], {
          cwd: ROOT,
          env: { ...process.env, NODE_OPTIONS: '', ...variables },
        });
        return `${stdout}${stderr}`;
      },
  )
  .extend('ask', ({ accessToken, ready }) => async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
    return (await (await fetch(`${ready.gateway}${path}`, { ...init, headers })).json()) as T;
  })
  /**
   * Stands between a processor and both the gateway and S3, and passes everything on. Of the first PUT the answer is lost:
   * S3 has stored the object, and the connection ends.
   */
  .extend('openLossyLink', ({ ready }) => async () => {
    const targets: URL[] = [];
    const puts: (number | undefined)[] = [];
    const server = createHttpServer((incoming, outgoing) => {
      const number = Number(/^\/put\/(\d+)$/.exec(incoming.url ?? '')?.[1] ?? Number.NaN);
      const target = targets[number] ?? new URL(incoming.url ?? '', ready.gateway);
      const headers = { ...incoming.headers, host: target.host };
      const passed = httpRequest(target, { method: incoming.method, headers }, async (answer) => {
        let body = await text(answer);
        if (incoming.method === 'PUT') {
          puts.push(answer.statusCode);
          if (puts.length === 1) {
            incoming.socket.destroy();
            return;
          }
        } else {
          const { url, ...offer } = JSON.parse(body) as { url: string };
          targets.push(new URL(url));
          body = JSON.stringify({ ...offer, url: `${origin}/put/${targets.length - 1}` });
        }
        outgoing.writeHead(answer.statusCode ?? 500, { 'content-type': 'application/json' }).end(body);
      });
      passed.once('error', () => incoming.socket.destroy());
      incoming.pipe(passed);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    return { origin, puts, close: () => server.closeAllConnections() ?? server.close() };
  })
  .extend('becomesTheResult', ({ accessToken, ask, ready }) => async (taskId: string) => {
    await vi.waitFor(
      async () => expect(await ask<{ status: string }>(`/v1/tasks/${taskId}`)).toMatchObject({ status: 'succeeded' }),
      EVENTUALLY,
    );
    const response = await fetch(`${ready.gateway}/v1/tasks/${taskId}/result`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    expect(response.headers.get('content-type')).toBe('application/pdf');
    expect(Buffer.from(await response.arrayBuffer()).equals(scan)).toBe(true);
  });

test.for(EXAMPLES)(
  '%s: the example in %s delivers',
  async ([section, language], { ask, openTask, runExample, work }) => {
    const processor = SECTIONS[section] ?? '';
    const told = await openTask(processor);
    expect(await runExample(section, language, { ...told, WORK: work })).toMatch(recorded(language));
    expect(await ask<{ status: string }>(`/v1/tasks/${told.TASK}`)).toMatchObject({ status: 'succeeded' });
  },
);

test('the guide says which processor of the local gateway each proof can be tried with', ({ ready }) => {
  const rows = [...GUIDE.matchAll(/^\| \[(.+?)\]\(#[a-z-]+\) \| `([a-z-]+)` \|$/gm)].map(([, section, id]) => [
    section,
    id,
  ]);
  const named = Object.fromEntries(rows.map(([section = '', id]) => [section.toLowerCase(), id]));
  expect(named).toEqual(Object.fromEntries(Object.entries(PROOFS).map(([section, id]) => [section.toLowerCase(), id])));
  expect(ready.processors).toEqual(expect.arrayContaining(Object.values(SECTIONS)));
});

test('npm run open names the processors that there are, and opens nothing for another', async ({ openTask }) => {
  await expect(openTask('nobody')).rejects.toThrow('The processor is nobody; expected one of acme-ocr, ');
});

const UPLOAD = 'A result above 1 MB';

const scan = randomBytes(1_500_000);

describe(UPLOAD, () => {
  const languages = Object.keys(INTERPRETERS);
  test.for(languages)(
    'the example in %s uploads it',
    async (language, { becomesTheResult, openTask, runExample, scanFile }) => {
      const told = await openTask('header-ocr');
      expect(await runExample(UPLOAD, language, { ...told, PAYLOAD: scanFile })).toMatch(stored(language, 200));
      await becomesTheResult(told.TASK ?? '');
    },
  );

  test.for(languages)(
    'the example in %s sends it again where the answer was lost, and takes 412 for the end',
    async (language, { becomesTheResult, openLossyLink, openTask, ready, runExample, scanFile }) => {
      const { UPLOAD_URL = '', ...told } = await openTask('header-ocr');
      const link = await openLossyLink();
      try {
        const throughLink = UPLOAD_URL.replace(ready.gateway, link.origin);
        const variables = { ...told, UPLOAD_URL: throughLink, PAYLOAD: scanFile };
        expect(await runExample(UPLOAD, language, variables)).toMatch(stored(language, 412));
        expect(link.puts).toEqual([200, 412]);
      } finally {
        link.close();
      }
      await becomesTheResult(told.TASK ?? '');
    },
  );
});

test('every proof that needs no listener of its own has an example in each language', () => {
  for (const section of [...Object.keys(SECTIONS), UPLOAD]) {
    const languages = Object.keys(ENDINGS).filter((name) => name !== 'ts' || !WITHOUT_THE_PACKAGE.includes(section));
    for (const language of languages) expect(blockOf(section, language)).not.toBe('');
  }
});
