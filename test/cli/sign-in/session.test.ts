import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { addressOf, test as base, CLI_CLIENT_ID, GATEWAY, SECRET_CLIENT, signInAs } from '../../support/sign-in.ts';

const ELSEWHERE = 'https://elsewhere.example.com';

const test = base
  /** Signs in with the profile `staging`, by the key of `local-sender`. */
  .extend('signInWithKey', ({ at, home, keyFile }) => async (profile = 'staging') => {
    const end = await home.run(['login', ...at(profile, 'local-sender'), '--private-key', keyFile]);
    expect([end.code]).toEqual([0]);
  })
  /** Signs in with the profile `production`, as a person. */
  .extend('signInPerson', ({ at, home }) => async () => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID)]);
    await signInAs('operator', await addressOf(login));
    expect((await login.ended).code).toBe(0);
  });

describe('a stored token goes to no other place', () => {
  test.for([
    ['--origin', ['--origin', ELSEWHERE], {}],
    ['POSTERN_ORIGIN', [], { POSTERN_ORIGIN: ELSEWHERE }],
    ['--issuer', ['--issuer', ELSEWHERE], {}],
    ['POSTERN_ISSUER', [], { POSTERN_ISSUER: ELSEWHERE }],
  ] as const)('that %s names', async ([name, words, env], { home, signInWithKey }) => {
    await signInWithKey();
    for (const command of [['whoami'], ['task', 'list']]) {
      const end = await home.run([...command, ...words], { env });
      expect([end.code, end.stdout]).toEqual([4, '']);
      expect(end.stderr).toContain(name);
      expect(end.stderr).toContain(`${ELSEWHERE}, but the profile "staging" is signed in at`);
    }
    const own = name.toLowerCase().includes('origin') ? { POSTERN_ORIGIN: `${GATEWAY}/` } : {};
    expect(await home.run(['whoami'], { env: own })).toMatchObject({ code: 0 });
  });

  test.for([
    ['origin', 'origin = ".*"', `origin = "${ELSEWHERE}"`],
    ['issuer', 'issuer = ".*"', `issuer = "${ELSEWHERE}"`],
    ['client_id', 'client_id = ".*"', 'client_id = "other"'],
  ] as const)('that the file of settings names later: %s', async ([key, before, after], { home, signInWithKey }) => {
    await signInWithKey();
    const config = readFileSync(home.configFile, 'utf8');
    writeFileSync(home.configFile, config.replace(new RegExp(before), after));
    const end = await home.run(['whoami']);
    expect([end.code, end.stdout]).toEqual([4, '']);
    expect(end.stderr).toMatch(new RegExp(`has ${key} .*, but you signed in with`));
  });

  test('that the file of a project names: it may name a profile only', async ({ home, signInWithKey }) => {
    await signInWithKey();
    await signInWithKey('other');
    const project = join(home.folder, 'postern.toml');
    writeFileSync(project, 'profile = "other"\n');
    expect(JSON.parse((await home.run(['whoami', '-o', 'json'])).stdout)).toMatchObject({ profile: 'other' });
    for (const line of [`origin = "${ELSEWHERE}"`, `[profiles.staging]\norigin = "${ELSEWHERE}"`]) {
      writeFileSync(project, `${line}\n`);
      expect(await home.run(['whoami'])).toMatchObject({ code: 2, stdout: '' });
    }
  });
});

describe('without a sign-in', () => {
  test('a command ends with exit code 4 and says how to sign in', async ({ home, signInWithKey }) => {
    await signInWithKey();
    await home.run(['logout']);
    for (const words of [['whoami'], ['whoami', '--profile', 'unknown'], ['whoami', '--profile', 'constructor']]) {
      const end = await home.run(words);
      expect([end.code, end.stdout]).toEqual([4, '']);
      expect(end.stderr).toContain('postern login --profile');
    }
  });

  test('a file that is no sign-in is not used', async ({ home, signInWithKey }) => {
    await signInWithKey();
    for (const text of ['{', '{}', 'null', '[]']) {
      writeFileSync(home.signInFile('staging'), text);
      expect(await home.run(['whoami'])).toMatchObject({ code: 4, stderr: expect.stringContaining('Sign in again') });
    }
    await signInWithKey();
    expect(await home.run(['whoami'])).toMatchObject({ code: 0 });
  });

  test('a person whose token expired without a refresh token signs in again', async ({ at, home }) => {
    const login = home.start(['login', ...at('production', CLI_CLIENT_ID), '--scope', 'operator_read']);
    await signInAs('operator', await addressOf(login));
    await login.ended;
    expect(await home.run(['whoami'])).toMatchObject({ code: 0 });
    home.expireTokens('production');
    expect(await home.run(['whoami'])).toMatchObject({ code: 4, stderr: expect.stringContaining('its token expired') });
  });
});

describe('logout', () => {
  test('revokes the refresh token at the provider, and removes the tokens', async ({ home, idp, signInPerson }) => {
    await signInPerson();
    const [, token = ''] = /"refreshToken": "([^"]+)"/.exec(home.signIn('production')?.text ?? '') ?? [];
    const end = await home.run(['logout']);
    expect([end.code, end.stdout]).toEqual([0, '']);
    expect(home.signIn('production')).toBeUndefined();
    const refresh = await fetch(idp.tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: CLI_CLIENT_ID }),
    });
    expect([refresh.status, await refresh.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })]);
  });

  test('removes the tokens although the provider does not answer', async ({ home, idp, signInPerson }) => {
    await signInPerson();
    const text = readFileSync(home.signInFile('production'), 'utf8');
    writeFileSync(
      home.signInFile('production'),
      text.replace(`${idp.issuer}/token/revocation`, `${idp.issuer}/nowhere`),
    );
    const end = await home.run(['logout']);
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining('did not revoke')]);
    expect(home.signIn('production')).toBeUndefined();
  });

  test('removes the secret of a client, keeps the profile, and may be repeated', async ({ at, home }) => {
    const login = ['login', ...at('secret', SECRET_CLIENT.clientId), '--client-secret-file', '-'];
    await home.run(login, { stdin: SECRET_CLIENT.secret });
    for (const note of ['Signed out', 'not signed in']) {
      expect(await home.run(['logout'])).toMatchObject({ code: 0, stderr: expect.stringContaining(note) });
    }
    expect(existsSync(home.signInFile('secret'))).toBe(false);
    expect(await home.run(['profile', 'show', 'secret'])).toMatchObject({ code: 0 });
  });
});

describe('profiles', () => {
  test('are listed with the current one, which "profile use" changes', async ({ home, signInWithKey }) => {
    await signInWithKey();
    await signInWithKey('other');
    const list = async () => JSON.parse((await home.run(['profile', 'list', '-o', 'json'])).stdout) as unknown;
    expect(await list()).toEqual({
      profiles: [
        { name: 'local', current: false },
        { name: 'staging', origin: GATEWAY, current: true },
        { name: 'other', origin: GATEWAY, current: false },
      ],
    });
    expect(await home.run(['profile', 'use', 'other'])).toMatchObject({ code: 0, stdout: '' });
    expect(await list()).toMatchObject({ profiles: [{}, { current: false }, { name: 'other', current: true }] });
    expect((await home.run(['profile', 'list'])).stdout).toBe(
      `   NAME     ORIGIN\n   local\n   staging  ${GATEWAY}\n*  other    ${GATEWAY}\n`,
    );
    expect(await home.run(['profile', 'use', 'unknown'])).toMatchObject({ code: 3, stdout: '' });
    expect(await home.run(['profile', 'use', 'local'])).toMatchObject({ code: 0 });
    expect(await list()).toMatchObject({ profiles: [{ name: 'local', current: true }, {}, {}] });
  });

  test('are shown, and of a private key the path alone', async ({ at, home, idp, keyFile }) => {
    const words = ['--private-key', keyFile, '--environment', 'prod', '--protected'];
    await home.run(['login', ...at('production', 'local-sender'), ...words]);
    const { stdout } = await home.run(['profile', 'show', '-o', 'json']);
    expect(JSON.parse(stdout)).toEqual({
      name: 'production',
      origin: GATEWAY,
      issuer: idp.issuer,
      clientId: 'local-sender',
      privateKey: keyFile,
      environment: 'prod',
      protected: true,
      current: true,
    });
    expect((await home.run(['profile', 'show', 'production'])).stdout).toContain('protected    yes\n');
    expect(await home.run(['profile', 'show', 'unknown'])).toMatchObject({ code: 3, stdout: '' });
    expect(await home.run(['profile', 'show', 'local'])).toMatchObject({ code: 6, stdout: '' });
  });

  test('that a project or a variable names are told when another one becomes the current one', async ({
    home,
    signInWithKey,
  }) => {
    await signInWithKey();
    await signInWithKey('other');
    const end = await home.run(['profile', 'use', 'other'], { env: { POSTERN_PROFILE: 'staging' } });
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining('but here POSTERN_PROFILE names "staging"')]);
    writeFileSync(join(home.folder, 'postern.toml'), 'profile = "staging"\n');
    expect((await home.run(['profile', 'use', 'other'])).stderr).toMatch(/but here .*postern\.toml names "staging"/);
    expect((await home.run(['profile', 'use', 'staging'])).stderr).toBe('The current profile is "staging".\n');
  });
});

test('secrets are in files of mode 0600 alone: not in the output, and not in a list of processes', async ({
  at,
  home,
  keyFile,
  signInPerson,
}) => {
  mkdirSync(dirname(home.configFile), { recursive: true });
  const outputs: string[] = [];
  const run = async (words: readonly string[], stdin?: string) => {
    const end = await home.run(words, stdin === undefined ? {} : { stdin });
    outputs.push(words.join(' '), end.stdout, end.stderr);
  };
  const secrets = new Set([SECRET_CLIENT.secret, (JSON.parse(readFileSync(keyFile, 'utf8')) as { d: string }).d]);
  const rememberTokens = () => {
    for (const profile of ['staging', 'secret', 'production']) {
      const text = home.signIn(profile)?.text ?? '';
      for (const [, token = ''] of text.matchAll(/"(?:accessToken|refreshToken)": "([^"]+)"/g)) secrets.add(token);
    }
  };
  await run(['login', ...at('staging', 'local-sender'), '--private-key', keyFile]);
  await run(['login', ...at('secret', SECRET_CLIENT.clientId), '--client-secret-file', '-'], SECRET_CLIENT.secret);
  await signInPerson();
  rememberTokens();
  expect(secrets.size).toBe(6);
  for (const profile of ['staging', 'secret', 'production']) {
    for (const command of ['whoami', 'doctor', 'whoami -o json', 'doctor -o json', 'profile show']) {
      await run([...command.split(' '), '--profile', profile]);
    }
    home.expireTokens(profile);
    await run(['whoami', '--profile', profile]);
    rememberTokens();
  }
  const readable = home.filesOf().filter(({ mode }) => mode !== 0o600);
  expect(readable.map(({ path }) => path)).toEqual([]);
  for (const profile of ['staging', 'secret', 'production']) await run(['logout', '--profile', profile]);
  expect(secrets.size).toBe(10);
  for (const secret of secrets) {
    for (const output of outputs) expect(output).not.toContain(secret);
    // After logout only the key that the person keeps is left.
    const kept = home.filesOf().filter(({ text }) => text.includes(secret));
    expect(kept.every(({ path }) => path === keyFile)).toBe(true);
  }
});
