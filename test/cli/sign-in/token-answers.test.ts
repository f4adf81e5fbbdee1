import { PassThrough } from 'node:stream';
import { describe, expect } from 'vitest';
import { COMMANDS, GROUPS } from '../../../cli/commands.ts';
import { runCli } from '../../../cli/run-cli.ts';
import { test as base } from '../../support/unit-fixtures.ts';
import { openTokenStandIn, type Reply } from './token-stand-in.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const SECRET = 'secret:with/special&characters';

const tokens = (json: object): Reply => ({
  status: 200,
  json: { access_token: 'the-token', token_type: 'bearer', ...json },
});
const refused = (error: string): Reply => ({ status: 400, json: { error, error_description: 'says the provider' } });
/** An unsigned JWT with these claims: the provider signs, and the command line only reads. */
const jwtOf = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

/** Signs in as a machine with a secret, at a stand-in for a provider that gives these replies. */
const test = base.extend(
  'logIn',
  ({ ownFolder }, { onCleanup }) =>
    async (replies: readonly Reply[], words: readonly string[] = [], more = {}) => {
      const { authorizations, close, forms, issuer } = await openTokenStandIn(replies, {}, more);
      onCleanup(close);
      const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
      stdin.end(SECRET);
      const place = ['--profile', 'p', '--origin', 'https://callbacks.example.com', '--issuer', issuer];
      const login = ['login', ...place, '--client-id', 'machine', '--client-secret-file', '-', '-o', 'json', ...words];
      const code = await runCli({ commands: COMMANDS, groups: GROUPS }, login, {
        ...{ stdin, stdout, stderr, fetch, cwd: ownFolder, env: { HOME: ownFolder } },
        signal: new AbortController().signal,
        now: () => NOW,
      });
      const printed = String(stdout.read() ?? '');
      return {
        code,
        shown: printed === '' ? undefined : (JSON.parse(printed) as unknown),
        stderr: String(stderr.read() ?? ''),
        forms,
        authorizations,
      };
    },
);

describe('a login of a machine', () => {
  test('sends its secret as Basic authentication, form-encoded first', async ({ logIn }) => {
    const { authorizations, code, forms } = await logIn([tokens({})]);
    expect(code).toBe(0);
    const basic = Buffer.from(`machine:${encodeURIComponent(SECRET)}`).toString('base64');
    expect(authorizations).toEqual([`Basic ${basic}`]);
    expect(forms).toEqual([{ grant_type: 'client_credentials', scope: 'task_read task_write' }]);
  });

  test('sends its secret in the form to a provider that takes it nowhere else', async ({ logIn }) => {
    const methods = { token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'] };
    const { authorizations, forms } = await logIn([tokens({})], [], methods);
    expect(authorizations).toEqual([undefined]);
    expect(forms).toEqual([expect.objectContaining({ client_id: 'machine', client_secret: SECRET })]);
  });

  test.for([
    ['refuses those of senders', refused('invalid_scope')],
    ['grants none of those of senders', tokens({ scope: '' })],
  ] as const)('asks for the scopes of operators if the provider %s', async ([, first], { logIn }) => {
    const { code, forms, shown } = await logIn([first, tokens({ scope: 'operator_read' })]);
    expect([code, shown]).toEqual([0, expect.objectContaining({ scopes: ['operator_read'] })]);
    expect(forms.map(({ scope }) => scope)).toEqual(['task_read task_write', 'operator_read operator_write']);
  });

  test('asks for the audience that it is told, in the words of both kinds of provider', async ({ logIn }) => {
    const { forms } = await logIn([tokens({})], ['--audience', 'https://api.example.com', '--scope', 'api/.default']);
    expect(forms).toEqual([
      expect.objectContaining({
        scope: 'api/.default',
        audience: 'https://api.example.com',
        resource: 'https://api.example.com',
      }),
    ]);
  });

  test.for([
    ['the answer', { scope: 'task_read', expires_in: 60 }, ['task_read'], 60],
    ['the answer, with its lifetime as a text', { scope: 'task_read', expires_in: '90' }, ['task_read'], 90],
    ['the token', { access_token: jwtOf({ scope: 'task_read', exp: NOW / 1_000 + 120 }) }, ['task_read'], 120],
    ['the token, as a list', { access_token: jwtOf({ scp: ['task_read'] }), expires_in: 60 }, ['task_read'], 60],
    ['nobody, so they are what it asked for', {}, ['task_read', 'task_write'], 300],
  ] as const)('takes scopes and lifetime from %s', async ([, json, scopes, seconds], { logIn }) => {
    const { shown } = await logIn([tokens(json)]);
    expect(shown).toMatchObject({ scopes, expiresAt: new Date(NOW + seconds * 1_000).toISOString() });
  });

  test.for([
    ['no scope at all', [refused('invalid_scope'), refused('invalid_scope')], 4, /invalid_scope: says the provider/],
    ['a wrong secret', [refused('invalid_client')], 4, /invalid_client: says the provider[\s\S]*registered/],
    ['an error of the provider', [{ status: 503, json: {} }], 6, /answered 503/],
    ['too many requests', [{ status: 429, json: {} }], 6, /answered 429/],
    ['the end of the connection', ['hang up'], 6, /got no answer/],
    ['a refusal without a code', [{ status: 404, json: {} }], 1, /answered 404 without an error code/],
    ['a token of another type', [tokens({ token_type: 'DPoP' })], 1, /without a bearer token/],
    ['a token that is no header value', [tokens({ access_token: 'a\nb' })], 1, /without a bearer token/],
    ['no token', [{ status: 200, json: {} }], 1, /without a bearer token/],
  ] as const satisfies readonly (readonly [string, readonly Reply[], number, RegExp])[])(
    'fails at %s, and stores nothing',
    async ([, replies, code, message], { logIn }) => {
      const end = await logIn(replies);
      expect([end.code, end.shown, end.stderr]).toEqual([code, undefined, expect.stringMatching(message)]);
    },
  );
});
