import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect } from 'vitest';
import { COMMANDS, GROUPS } from '../../../cli/commands.ts';
import { runCli } from '../../../cli/run-cli.ts';
import { Browser } from '../../support/browser.ts';
import {
  addressOf,
  CLI_CLIENT_ID,
  deadAddress,
  GATEWAY,
  SECRET_CLIENT,
  signInAs,
  test,
} from '../../support/sign-in.ts';

type TerminalStream = PassThrough & { readonly isTTY: boolean };

const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe('a machine with a key', () => {
  test('is signed in for the API of senders, and only the path of its key is kept', async ({
    at,
    home,
    idp,
    keyFile,
  }) => {
    const end = await home.run(['login', ...at('staging', 'local-sender'), '--private-key', 'key.jwk', '-o', 'json']);

    expect([end.code, end.stderr]).toEqual([0, '']);
    expect(JSON.parse(end.stdout)).toEqual({
      profile: 'staging',
      origin: GATEWAY,
      clientId: 'local-sender',
      scopes: ['task_read', 'task_write'],
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    const { mode, text } = home.signIn('staging') ?? {};
    expect(mode).toBe(0o600);
    expect(modeOf(dirname(home.signInFile('staging')))).toBe(0o700);
    expect(modeOf(home.configFile)).toBe(0o600);
    expect(text).not.toContain((JSON.parse(readFileSync(keyFile, 'utf8')) as { d: string }).d);
    expect(readFileSync(home.configFile, 'utf8')).toBe(
      `profile = "staging"\n\n[profiles.staging]\norigin = "${GATEWAY}"\nissuer = "${idp.issuer}"\nclient_id = "local-sender"\nprivate_key = "${keyFile}"\n`,
    );
    expect(JSON.parse((await home.run(['whoami', '-o', 'json'])).stdout)).toEqual(JSON.parse(end.stdout));
  });

  test('is signed in for the scopes that --scope names', async ({ at, home, keyFile }) => {
    await home.run(['login', ...at('audit', 'local-sender'), '--private-key', keyFile, '--scope', 'operator_read']);
    const { stdout } = await home.run(['whoami', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ scopes: ['operator_read'] });
  });

  test('gets a new token when the old one is about to expire', async ({ at, home, keyFile }) => {
    await home.run(['login', ...at('staging', 'local-sender'), '--private-key', keyFile]);
    const before = home.signIn('staging')?.text;
    await home.run(['whoami']);
    expect(home.signIn('staging')?.text).toBe(before);
    const soon = new Date(Date.now() + 59_000);
    home.expireTokens('staging', soon);
    const { code, stdout } = await home.run(['whoami', '-o', 'json']);
    expect(code).toBe(0);
    expect(Date.parse((JSON.parse(stdout) as { expiresAt: string }).expiresAt)).toBeGreaterThan(soon.getTime());
    expect(home.signIn('staging')).toMatchObject({
      mode: 0o600,
      text: expect.not.stringContaining(soon.toISOString()),
    });
  });

  test('that is not the registered one is not signed in, and nothing is stored', async ({ at, home, identities }) => {
    writeFileSync(join(home.folder, 'other.jwk'), JSON.stringify(identities.clientKeys.processor), { mode: 0o600 });
    const end = await home.run(['login', ...at('staging', 'local-sender'), '--private-key', 'other.jwk']);
    expect([end.code, end.stdout]).toEqual([4, '']);
    expect(end.stderr).toMatch(/gave the client local-sender no token.*invalid_client[\s\S]*Check --client-id/);
    expect(home.signIn('staging')).toBeUndefined();
    expect((await home.run(['profile', 'list', '-o', 'json'])).stdout).not.toContain('staging');
  });

  test('that others may read is taken, and the person is told', async ({ at, home, keyFile }) => {
    chmodSync(keyFile, 0o644);
    const end = await home.run(['login', ...at('staging', 'local-sender'), '--private-key', keyFile]);
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining(`chmod 600 ${keyFile}`)]);
  });

  test('of one client is not used for another one', async ({ at, home, keyFile }) => {
    await home.run(['login', ...at('staging', 'local-sender'), '--private-key', keyFile]);
    const login = home.start(['login', '--profile', 'staging', '--client-id', CLI_CLIENT_ID]);
    await signInAs('operator', await addressOf(login));
    expect((await login.ended).code).toBe(0);
    expect(readFileSync(home.configFile, 'utf8')).not.toContain('private_key');
  });

  test.for([
    ['a public key', (jwk: object) => JSON.stringify({ ...jwk, d: undefined }), /no member d/],
    ['a set of keys', (jwk: object) => JSON.stringify({ keys: [jwk] }), /a set of keys; expected one JWK/],
    ['PEM', () => '-----BEGIN PRIVATE KEY-----\nsecret\n', /is PEM; expected one JWK/],
    ['another text', () => 'secret', /is no JSON; expected one JWK/],
  ] as const)(
    'is not taken from a file with %s, whose content is not shown',
    async ([, content, message], { at, home, identities }) => {
      writeFileSync(join(home.folder, 'key.jwk'), content(identities.clientKeys.sender));
      const end = await home.run(['login', ...at('staging', 'local-sender'), '--private-key', 'key.jwk']);
      expect([end.code, end.stderr]).toEqual([2, expect.stringMatching(message)]);
      expect(end.stderr).not.toContain('secret');
    },
  );
});

describe('a machine with a secret', () => {
  test('is signed in by a file or by stdin, and the secret is kept where tokens are', async ({ at, home }) => {
    writeFileSync(join(home.folder, 'secret'), `${SECRET_CLIENT.secret}\n`);
    const login = ['login', ...at('secret', SECRET_CLIENT.clientId), '--client-secret-file'];
    for (const end of [
      await home.run([...login, 'secret']),
      await home.run([...login, '-'], { stdin: SECRET_CLIENT.secret }),
    ]) {
      expect([end.code, end.stderr]).toEqual([0, '']);
      expect(home.signIn('secret')).toMatchObject({ mode: 0o600, text: expect.stringContaining(SECRET_CLIENT.secret) });
      expect(readFileSync(home.configFile, 'utf8')).not.toMatch(/secret-of|private_key/);
    }
    home.expireTokens('secret');
    expect(await home.run(['whoami'])).toMatchObject({ code: 0, stderr: '' });
    expect(await home.run(['login', '--profile', 'secret'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('whose file has several lines is not signed in', async ({ at, home }) => {
    const login = ['login', ...at('secret', SECRET_CLIENT.clientId), '--client-secret-file', '-'];
    const end = await home.run(login, { stdin: 'one\ntwo\n' });
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('stdin has several lines')]);
  });
});

describe('a person', () => {
  test('signs in with a browser on this machine, for the API of operators', async ({ at, home }) => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID), '-o', 'json']);
    const address = await addressOf(login);
    const query = new URL(address).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
    });
    // An answer that the command did not ask for is refused, and it goes on waiting.
    const forged = await fetch(`${query.get('redirect_uri')}?code=forged&state=forged`);
    expect([forged.status, await forged.text()]).toEqual([400, expect.stringContaining('another sign-in')]);
    expect((await fetch(new URL('/', query.get('redirect_uri') ?? ''))).status).toBe(404);

    const { text, url } = await signInAs('operator', address);
    expect([url.split('?')[0], text]).toEqual([query.get('redirect_uri'), expect.stringContaining('close this page')]);
    const { code, stdout } = await login.ended;
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({
        profile: 'production',
        clientId: CLI_CLIENT_ID,
        scopes: expect.arrayContaining(['operator_read', 'operator_write']),
      }),
    ]);
    expect(home.signIn('production')?.mode).toBe(0o600);
  });

  test.for(['0', '65536', 'x', '-1', '8976x'])(
    'has no browser that comes back to the port %s',
    async (port, { at, home }) => {
      const end = await home.run(['login', ...at('production', CLI_CLIENT_ID), `--callback-port=${port}`]);
      expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('expected a port, 1 to 65535')]);
    },
  );

  test('is not signed in by the answer of another issuer', async ({ at, home }) => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID)]);
    const query = new URL(await addressOf(login)).searchParams;
    const answer = { state: query.get('state') ?? '', code: 'stolen', iss: 'https://evil.example.com' };
    await fetch(`${query.get('redirect_uri')}?${new URLSearchParams(answer)}`);
    const end = await login.ended;
    expect([end.code, end.stderr]).toEqual([
      4,
      expect.stringContaining('from https://evil.example.com; expected http'),
    ]);
  });

  test('is not signed in by an answer that names no issuer, because this provider names itself', async ({
    at,
    home,
  }) => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID)]);
    const query = new URL(await addressOf(login)).searchParams;
    const answer = { state: query.get('state') ?? '', code: 'stolen' };
    await fetch(`${query.get('redirect_uri')}?${new URLSearchParams(answer)}`);
    expect(await login.ended).toMatchObject({ code: 4, stderr: expect.stringContaining('from an unknown issuer') });
  });

  test('at a terminal finds the page open in the browser', async ({ at, home }) => {
    const opened = join(home.folder, 'opened');
    for (const name of ['xdg-open', 'open']) {
      writeFileSync(
        join(home.folder, name),
        `#!/bin/sh\nprintf %s "$1" > "${opened}.part" && mv "${opened}.part" "${opened}"\n`,
        { mode: 0o700 },
      );
    }
    const streams = [0, 1, 2].map(() => Object.assign(new PassThrough(), { isTTY: true }));
    const [stdin, stdout, stderr] = streams as [TerminalStream, TerminalStream, TerminalStream];
    const ended = runCli({ commands: COMMANDS, groups: GROUPS }, ['login', ...at('production', CLI_CLIENT_ID)], {
      ...{ stdin, stdout, stderr, fetch, now: Date.now, cwd: home.folder },
      env: { HOME: home.folder, PATH: `${home.folder}:${process.env.PATH}`, DISPLAY: ':0' },
      signal: new AbortController().signal,
    });
    await expect.poll(() => existsSync(opened)).toBe(true);
    await signInAs('operator', readFileSync(opened, 'utf8'));
    expect(await ended).toBe(0);
  });

  test('stays signed in by the refresh token, which the provider replaces each time', async ({ at, home }) => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID)]);
    await signInAs('operator', await addressOf(login));
    expect((await login.ended).code).toBe(0);
    const refreshToken = () => /"refreshToken": "([^"]+)"/.exec(home.signIn('production')?.text ?? '')?.[1];
    const seen = new Set([refreshToken()]);
    for (const _ of [1, 2]) {
      home.expireTokens('production');
      const { code, stdout } = await home.run(['whoami', '-o', 'json']);
      expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ clientId: CLI_CLIENT_ID })]);
      seen.add(refreshToken());
    }
    expect(seen.size).toBe(3);
  });

  test('signs in again after the provider has revoked the refresh token', async ({ at, home, idp }) => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID)]);
    await signInAs('operator', await addressOf(login));
    await login.ended;
    const [, token = ''] = /"refreshToken": "([^"]+)"/.exec(home.signIn('production')?.text ?? '') ?? [];
    await fetch(`${idp.issuer}/token/revocation`, {
      method: 'POST',
      body: new URLSearchParams({ token, client_id: CLI_CLIENT_ID }),
    });
    home.expireTokens('production');
    const end = await home.run(['whoami']);
    expect([end.code, end.stdout]).toEqual([4, '']);
    expect(end.stderr).toMatch(/could not be renewed[\s\S]*postern login --profile production/);
  });

  test('signs in with a code in a browser of another machine', async ({ at, home }) => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID), '--device', '-o', 'json']);
    const address = await addressOf(login);
    const [, userCode = ''] = /the code (\S+):/.exec(login.noted()) ?? [];
    await typeDeviceCode(address, userCode);
    const { code, stdout } = await login.ended;
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ clientId: CLI_CLIENT_ID })]);
    expect(home.signIn('production')?.text).toContain('"refreshToken"');
  });

  test('who refuses the code is not signed in', async ({ at, home }) => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID), '--device']);
    const address = await addressOf(login);
    const [, userCode = ''] = /the code (\S+):/.exec(login.noted()) ?? [];
    await typeDeviceCode(address, userCode, { abort: 'yes' });
    const end = await login.ended;
    expect([end.code, end.stderr]).toEqual([4, expect.stringContaining('access_denied')]);
    expect(home.signIn('production')).toBeUndefined();
  });

  test('who asks for a scope that the client may not have is not signed in', async ({ at, home }) => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID), '--scope', 'profile']);
    const answer = await fetch(await addressOf(login));
    expect(await answer.text()).toContain('Nobody signed in.');
    const end = await login.ended;
    expect([end.code, end.stderr]).toEqual([4, expect.stringContaining('invalid_scope')]);
  });

  test('cannot sign in with --no-input', async ({ at, home }) => {
    const end = await home.run(['login', ...at('production', CLI_CLIENT_ID), '--no-input']);
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('--private-key FILE')]);
  });

  test('ends the sign-in with Ctrl-C', async ({ at, home }) => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID)]);
    await addressOf(login);
    login.interrupt();
    expect(await login.ended).toMatchObject({ code: 130, stdout: '' });
    expect(home.signIn('production')).toBeUndefined();
  });
});

describe('a login', () => {
  test('keeps the comments and other profiles of the file of settings, and a link to it', async ({
    at,
    home,
    keyFile,
  }) => {
    const dotfiles = join(home.folder, 'dotfiles.toml');
    const before = `# my gateways
output = "text" # for now

[profiles.other] # of the other team
origin = "https://callbacks.example.com"

[profiles.staging]
# moved in May
origin = "https://old.example.com" # old
environment = "staging"
protected = true

[profiles.last]
origin = "https://last.example.com"
`;
    writeFileSync(dotfiles, before);
    mkdirSync(dirname(home.configFile), { recursive: true });
    symlinkSync(dotfiles, home.configFile);
    const end = await home.run(['login', ...at('staging', 'local-sender'), '--private-key', keyFile]);
    expect([end.code, end.stderr]).toEqual([0, '']);
    const { issuer } = JSON.parse((await home.run(['profile', 'show', 'staging', '-o', 'json'])).stdout) as {
      issuer: string;
    };
    expect(readFileSync(dotfiles, 'utf8')).toBe(
      `profile = "staging"\n\n${before
        .replace('"https://old.example.com" # old', `"${GATEWAY}" # old`)
        .replace(
          'protected = true\n',
          `protected = true\nissuer = "${issuer}"\nclient_id = "local-sender"\nprivate_key = "${keyFile}"\n`,
        )}`,
    );
  });

  test('again keeps what it does not name, and closes the folder of tokens', async ({ at, home, keyFile }) => {
    mkdirSync(dirname(home.signInFile('staging')), { recursive: true, mode: 0o755 });
    const words = ['--private-key', keyFile, '--scope', 'operator_read', '--environment', 'stage'];
    await home.run(['login', ...at('staging', 'local-sender'), ...words]);
    expect(modeOf(dirname(home.signInFile('staging')))).toBe(0o700);
    const { code, stdout } = await home.run(['login', '-o', 'json']);
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ scopes: ['operator_read'] })]);
    expect(readFileSync(home.configFile, 'utf8')).toContain('environment = "stage"');
  });

  test('needs a profile of its own, because the one of this machine is built in', async ({ at, home, keyFile }) => {
    const end = await home.run(['login', ...at('local', 'local-sender'), '--private-key', keyFile]);
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('needs no login')]);
  });

  test('names what is missing', async ({ home }) => {
    const end = await home.run(['login', '--profile', 'staging', '--origin', GATEWAY]);
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('--issuer, --client-id')]);
  });

  test('takes one way to sign in', async ({ at, home, keyFile }) => {
    const end = await home.run(['login', ...at('staging', 'local-sender'), '--private-key', keyFile, '--device']);
    expect(end).toMatchObject({ code: 2, stdout: '' });
  });

  test('stops at an issuer that does not answer', async ({ home, keyFile }) => {
    const words = [
      '--profile',
      'staging',
      '--origin',
      GATEWAY,
      '--client-id',
      'local-sender',
      '--private-key',
      keyFile,
    ];
    const end = await home.run(['login', ...words, '--issuer', await deadAddress()]);
    expect([end.code, end.stderr]).toEqual([6, expect.stringContaining('ECONNREFUSED')]);
  });

  test('stops at an issuer without TLS', async ({ home, keyFile }) => {
    const words = [
      '--profile',
      'staging',
      '--origin',
      GATEWAY,
      '--client-id',
      'local-sender',
      '--private-key',
      keyFile,
    ];
    const end = await home.run(['login', ...words, '--issuer', 'http://login.example.com']);
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('expected https')]);
  });

  test('stops at an issuer whose document names another one', async ({ home, idp, keyFile }) => {
    const words = [
      '--profile',
      'staging',
      '--origin',
      GATEWAY,
      '--issuer',
      `${idp.issuer}/`,
      '--client-id',
      'local-sender',
    ];
    const end = await home.run(['login', ...words, '--private-key', keyFile]);
    expect([end.code, end.stderr]).toEqual([1, expect.stringContaining('both must be equal')]);
  });
});

/** Types a code on the provider's page for devices, confirms it, and signs in. */
const typeDeviceCode = async (
  address: string,
  userCode: string,
  confirmation: Record<string, string> = {},
): Promise<void> => {
  const browser = new Browser(new URL(address).origin);
  const post = async (url: string, fields: Record<string, string>) => {
    const response = await browser.request(url, { method: 'POST', body: new URLSearchParams(fields) });
    const location = response.headers.get('location');
    if (location !== null) return browser.follow(new URL(location, url).href);
    return { response, url };
  };
  const page = await (await browser.request(address)).text();
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
  const asked = await post(address, { xsrf, user_code: userCode });
  expect(await asked.response.text()).toContain(userCode);
  const confirmed = await post(address, { xsrf, user_code: userCode, confirm: 'yes', ...confirmation });
  if ('abort' in confirmation) return;
  const done = await post(confirmed.url, { login: 'operator' });
  expect(await done.response.text()).toContain('You are signed in');
};
