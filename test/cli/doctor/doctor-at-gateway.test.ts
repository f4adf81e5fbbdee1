import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { loadIdentities } from '../../../local/identity-provider/identities.ts';
import { bindIdentityProvider } from '../../../local/identity-provider/identity-provider.ts';
import { test as base } from '../../local/start/gateway-fixtures.ts';
import { runPostern, startPostern } from '../../support/command-line.ts';
import { addressOf, CLI_CLIENT_ID, signInAs } from '../../support/sign-in.ts';

const test = base
  /** Runs the command line in a home folder of its own, next to the running gateway. */
  .extend('postern', ({ folder, ownFolder }) => (...words: readonly string[]) => {
    const env = { POSTERN_READY_FILE: join(folder, 'local.json') };
    return runPostern(words, { cwd: ownFolder, env });
  })
  /** Signs in as a client of the gateway's provider, with the profile `mine`. */
  .extend(
    'signIn',
    ({ ownFolder, postern, ready }) =>
      async (name: 'sender' | 'operator' | 'stranger', ...more: readonly string[]) => {
        const { clientId, privateJwk } = ready.clients[name];
        writeFileSync(join(ownFolder, 'key.jwk'), JSON.stringify(privateJwk), { mode: 0o600 });
        const place = [
          '--profile',
          'mine',
          '--origin',
          ready.gateway,
          '--issuer',
          ready.idp.issuer,
          '--client-id',
          clientId,
        ];
        const end = await postern('login', ...place, '--private-key', 'key.jwk', ...more);
        expect([end.code, end.stderr]).toEqual([0, '']);
      },
  )
  /** Signs in as a person. */
  .extend('signInPerson', ({ ownFolder, ready }) => async (person: string, ...more: readonly string[]) => {
    const place = [
      '--profile',
      'mine',
      '--origin',
      ready.gateway,
      '--issuer',
      ready.idp.issuer,
      '--client-id',
      CLI_CLIENT_ID,
    ];
    const login = startPostern(['login', ...place, ...more], { cwd: ownFolder });
    await signInAs(person, await addressOf(login));
    expect(await login.ended).toMatchObject({ code: 0 });
  });

const WELL = { code: 0, stdout: '', stderr: 'No problem was found.\n' };

test('the gateway of this machine needs no login, and doctor finds no problem', async ({ postern, ready }) => {
  expect(await postern('doctor')).toEqual(WELL);
  const whoami = await postern('whoami', '-o', 'json');
  expect([whoami.code, JSON.parse(whoami.stdout)]).toEqual([
    0,
    {
      profile: 'local',
      origin: ready.gateway,
      clientId: 'local-sender',
      scopes: ['task_read', 'task_write'],
      expiresAt: expect.any(String),
    },
  ]);
  expect(await postern('whoami', '--origin', 'https://elsewhere.example.com')).toMatchObject({ code: 4, stdout: '' });
  expect(await postern('task', 'list', '--issuer', 'https://elsewhere.example.com')).toMatchObject({
    code: 4,
    stdout: '',
  });
});

test('doctor finds no problem with a sender, an operator, and people who are signed in', async ({
  postern,
  signIn,
  signInPerson,
}) => {
  await signIn('sender');
  expect(await postern('doctor')).toEqual(WELL);
  await signIn('operator', '--scope', 'operator_read operator_write');
  expect(await postern('doctor')).toEqual(WELL);
  for (const person of ['operator', 'viewer']) {
    await signInPerson(person);
    expect(await postern('doctor')).toEqual(WELL);
  }
});

test('commands use the tokens of the profile at its gateway', async ({ postern, signIn, signInPerson }) => {
  await signIn('sender');
  const list = await postern('task', 'list', '-o', 'json');
  expect([list.code, JSON.parse(list.stdout)]).toEqual([0, { tasks: expect.any(Array) }]);
  await signInPerson('operator', '--scope', 'operator_read');
  expect(await postern('task', 'list')).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('access_token_insufficient'),
  });
});

test('doctor finds a token whose scopes are for something else', async ({ postern, signIn }) => {
  await signIn('sender', '--scope', 'result_write');
  const { code, stdout } = await postern('doctor');
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/^scopes: The token has the scopes result_write; a sender needs task_read.*--scope".\n$/),
  ]);
});

test('doctor finds a client that belongs to no application', async ({ postern, signIn }) => {
  await signIn('stranger');
  const { code, stdout } = await postern('doctor');
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/^scopes: The client local-stranger belongs to no application.*platform team.*\n$/),
  ]);
});

test('doctor finds a person without a role', async ({ postern, signInPerson }) => {
  await signInPerson('guest');
  const { code, stdout } = await postern('doctor');
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/^scopes: .*its roles are \[\].*Give it the role "sender".*\n$/),
  ]);
});

test('doctor finds a token that is for another gateway', async ({ ownFolder, postern, ready }) => {
  const other = await bindIdentityProvider(0);
  mkdirSync(ownFolder, { recursive: true });
  const identities = loadIdentities(join(ownFolder, 'identities.json'));
  const gatewayOrigin = 'https://callbacks.example.com';
  await other.serve({ identities, gatewayOrigin, consoleRedirectUri: `${gatewayOrigin}/oauth2/idpresponse` });
  try {
    writeFileSync(join(ownFolder, 'key.jwk'), JSON.stringify(identities.clientKeys.sender), { mode: 0o600 });
    const place = ['--profile', 'mine', '--origin', ready.gateway, '--issuer', other.issuer];
    await postern('login', ...place, '--client-id', 'local-sender', '--private-key', 'key.jwk');
    const { code, stdout } = await postern('doctor');
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(
        /^scopes: The gateway refuses the token: it is for https:\/\/callbacks\.example\.com, .*--audience http.*\n$/,
      ),
    ]);
  } finally {
    await other.stop();
  }
});
