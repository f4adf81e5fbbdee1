import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test as base } from '../local/start/gateway-fixtures.ts';
import { runPostern, startPostern } from '../support/command-line.ts';
import { EVENTUALLY } from '../support/patience.ts';

interface Given {
  readonly variables?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

const run = async (words: readonly string[], { stdin, variables = {} }: Given) => {
  const { code, stderr, stdout } = await runPostern(['smoke', ...words], {
    env: variables,
    ...(stdin !== undefined && { stdin }),
  });
  return { status: code, said: stdout + stderr };
};

const smoke = (words: readonly string[], variables: Readonly<Record<string, string>> = {}) => run(words, { variables });

/** Gives the access token through stdin. */
const smokeAs = (accessToken: string, words: readonly string[]) =>
  run([...words, '--access-token-file', '-'], { stdin: `${accessToken}\n` });

/** An origin where nothing listens. */
const closedOrigin = async (): Promise<string> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
};

interface Task {
  readonly taskId: string;
  readonly status: string;
}

const test = base
  .extend('keyFile', { scope: 'file' }, ({ folder, ready }) => {
    const keyFile = join(folder, 'sender.jwk');
    writeFileSync(keyFile, JSON.stringify(ready.clients.sender.privateJwk));
    return keyFile;
  })
  .extend('tasks', ({ accessToken, ready }) => async (): Promise<readonly Task[]> => {
    const headers = { authorization: `Bearer ${accessToken}` };
    const response = await fetch(`${ready.gateway}/v1/tasks?limit=100`, { headers });
    return ((await response.json()) as { tasks: readonly Task[] }).tasks;
  })
  /** Expects no pending task and an empty quarantine. */
  .extend('expectCleanedUp', ({ accessToken, ready, tasks }) => async (): Promise<void> => {
    for (const { status, taskId } of await tasks()) {
      expect(status).not.toBe('pending');
      const headers = { authorization: `Bearer ${accessToken}` };
      const response = await fetch(`${ready.gateway}/v1/tasks/${taskId}/quarantine`, { headers });
      expect(await response.json()).toEqual({ quarantine: [] });
    }
  });

test.for(['header-ocr', 'acme-ocr'])(
  'plays the scenario against a URL with processor %s, and cleans up',
  async (processor, { expectCleanedUp, keyFile, ready, tasks }) => {
    const before = (await tasks()).length;
    const { said, status } = await smoke([ready.gateway, '--processor', processor, '--short-processor', 'short-ocr'], {
      POSTERN_IDP_ISSUER: ready.idp.issuer,
      POSTERN_TOKEN_ENDPOINT: ready.idp.tokenEndpoint,
      POSTERN_CLIENT_ID: ready.clients.sender.clientId,
      POSTERN_CLIENT_JWK_FILE: keyFile,
    });
    expect(said).toContain('Everything went as expected');
    expect(status).toBe(0);
    expect(said.match(/^[ \d]\d\. {2}/gm)).toHaveLength(10);
    expect(said).not.toMatch(/eyJ[\w-]{20,}/);
    expect((await tasks()).length - before).toBe(6);
    await expectCleanedUp();
  },
);

test('omits the replay with --no-replay, and short URLs without a processor for them', async ({
  accessToken,
  ready,
}) => {
  const { said, status } = await smokeAs(accessToken, [
    `${ready.gateway}/`,
    '--processor',
    'header-ocr',
    '--no-replay',
  ]);
  expect(status).toBe(0);
  expect(said.match(/^[ \d]\d\. {2}/gm)).toHaveLength(8);
  expect(said).not.toContain('token_replayed');
});

test('prints an unexpected outcome in one line, exits with 1, and cleans up', async ({
  accessToken,
  expectCleanedUp,
  ready,
}) => {
  const { said, status } = await smokeAs(accessToken, [ready.gateway, '--processor', 'strict-ocr']);
  // This processor's repeats are refused.
  expect(said).toMatch(/^Expected the first answer again; found .*token_replayed/m);
  expect(status).toBe(1);
  await expectCleanedUp();

  const schema = await smokeAs(accessToken, [ready.gateway, '--processor', 'schema-ocr', '--no-replay']);
  expect(schema.status).toBe(1);
  await expectCleanedUp();
});

test('uses the sign-in of the profile, and sends its token to no other gateway', async ({ folder, ready }) => {
  const { said, status } = await smoke([ready.gateway, '--processor', 'header-ocr'], { POSTERN_DATA: folder });
  expect(said).toContain('Everything went as expected');
  expect(status).toBe(0);
  const other = await smoke(['https://callbacks.example.com', '--processor', 'header-ocr'], { POSTERN_DATA: folder });
  expect(other).toMatchObject({ status: 4, said: expect.stringContaining('Its tokens go to no other place.') });
});

test('has a form for programs, with a text for each failure', async ({ accessToken, folder, ready }) => {
  const file = join(folder, 'access-token');
  writeFileSync(file, accessToken);
  const words = ['smoke', ready.gateway, '--processor', 'strict-ocr', '--access-token-file', file, '-o', 'json'];
  const { code, stdout } = await runPostern(words);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    origin: ready.gateway,
    processor: 'strict-ocr',
    failures: [expect.stringMatching(/^Expected the first answer again; found .*token_replayed/)],
  });
});

test('closes the tasks that it opened if Ctrl-C stops it', async ({ expectCleanedUp, folder, ready }) => {
  const running = startPostern(['smoke', ready.gateway, '--processor', 'header-ocr'], {
    env: { POSTERN_DATA: folder },
  });
  await expect.poll(running.said, EVENTUALLY).toMatch(/^ 1\. /m);
  running.interrupt();
  expect((await running.ended).code).toBe(130);
  await expectCleanedUp();
});

test.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp, number]>([
  ['no URL', ['--processor', 'a'], {}, /missing required argument 'URL'/, 2],
  ['a URL with a path', ['https://callbacks.example.com/v1', '--processor', 'a'], {}, /expected an origin/, 2],
  ['no processor', ['https://callbacks.example.com'], {}, /--processor/, 2],
  [
    'credentials that are not complete',
    ['https://callbacks.example.com', '--processor', 'a'],
    { POSTERN_CLIENT_JWK_FILE: '/nowhere' },
    /POSTERN_IDP_ISSUER, POSTERN_TOKEN_ENDPOINT, POSTERN_CLIENT_ID is not set/,
    2,
  ],
  [
    'an access token in a variable, which is not read',
    ['https://callbacks.example.com', '--processor', 'a'],
    { POSTERN_ACCESS_TOKEN: 'given' },
    /no secret is read from a variable any more\.\nGive the token by --access-token-file FILE/,
    2,
  ],
  ['an unknown option', ['https://callbacks.example.com', '--processor', 'a', '--replays'], {}, /--replays/, 2],
  [
    'a missing key file',
    ['https://callbacks.example.com', '--processor', 'a'],
    {
      POSTERN_IDP_ISSUER: 'https://i',
      POSTERN_TOKEN_ENDPOINT: 'https://t',
      POSTERN_CLIENT_ID: 'c',
      POSTERN_CLIENT_JWK_FILE: '/nowhere',
    },
    /private key \/nowhere cannot be read \(ENOENT\)/,
    2,
  ],
])('reports %s', async (_, parameters, variables, words, status) => {
  const ended = await smoke(parameters, variables);
  expect(ended.said).toMatch(words);
  expect(ended.status).toBe(status);
});

test('fails at the first step with an invalid access token', async ({ ready }) => {
  const { said, status } = await smokeAs('none', [ready.gateway, '--processor', 'header-ocr']);
  expect(said).toContain('Expected the task to be opened with 201; found [401');
  expect(said).toContain(`The last request was POST ${ready.gateway}/v1/tasks.`);
  expect(status).toBe(1);
});

test('prints with --help what it needs, and exits with 0', async () => {
  const { said, status } = await smoke(['--help']);
  expect(status).toBe(0);
  for (const word of ['--processor', '--no-replay', '--access-token-file', 'NODE_EXTRA_CA_CERTS', 'Exit codes'])
    expect(said).toContain(word);
});

test('names the URL and the cause if nothing answers, and prints no step that did not happen', async () => {
  const closed = await closedOrigin();
  const { said, status } = await smokeAs('given', [closed, '--processor', 'acme-ocr']);
  expect(status).toBe(1);
  expect(said).toContain(`\nPOST ${closed}/v1/tasks got no answer: connect ECONNREFUSED`);
  for (const absent of ['OpenID provider', 'KMS', 'stores the task']) expect(said).not.toContain(absent);
});

test('says that an identity provider does not answer, and the cause', async ({ keyFile, ready }) => {
  const closed = await closedOrigin();
  const { said, status } = await smoke([ready.gateway, '--processor', 'acme-ocr'], {
    POSTERN_IDP_ISSUER: ready.idp.issuer,
    POSTERN_TOKEN_ENDPOINT: `${closed}/token`,
    POSTERN_CLIENT_ID: ready.clients.sender.clientId,
    POSTERN_CLIENT_JWK_FILE: keyFile,
  });
  expect(status).toBe(6);
  expect(said).toMatch(/^The request for a token got no answer.*ECONNREFUSED/m);
});
