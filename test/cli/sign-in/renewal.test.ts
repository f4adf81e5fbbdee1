import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readSettings } from '../../../cli/settings/read-settings.ts';
import { openSession, type Session } from '../../../cli/sign-in/session.ts';
import { test as base } from '../../support/unit-fixtures.ts';
import { openTokenStandIn, type Reply } from './token-stand-in.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');

const tokens = (accessToken: string, more = {}): Reply => ({
  status: 200,
  json: { access_token: accessToken, token_type: 'Bearer', expires_in: 3_600, ...more },
});

interface Place {
  readonly session: Session;
  /** Writes the sign-in as another process would: a person with these tokens. */
  readonly store: (accessToken: string, refreshToken: string, expiresAt: number) => void;
  readonly stored: () => { readonly tokens: { readonly any: object } };
  readonly forms: readonly Readonly<Record<string, string>>[];
}

/** The session of a person whose access token has expired, at a stand-in for a provider that gives these replies. */
const test = base.extend(
  'open',
  ({ ownFolder }, { onCleanup }) =>
    async (...replies: readonly Reply[]): Promise<Place> => {
      const standIn = await openTokenStandIn(replies);
      onCleanup(standIn.close);
      const { forms, issuer } = standIn;
      const origin = 'https://callbacks.example.com';
      const state = join(ownFolder, '.local/state/postern');
      const config = join(ownFolder, '.config/postern');
      for (const folder of [state, config]) mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(config, 'config.toml'),
        `[profiles.p]\norigin = "${origin}"\nissuer = "${issuer}"\nclient_id = "cli"\n`,
      );
      const file = join(state, 'p.json');
      const store: Place['store'] = (accessToken, refreshToken, expiresAt) => {
        const any = {
          accessToken,
          refreshToken,
          scopes: ['operator_read'],
          expiresAt: new Date(expiresAt).toISOString(),
        };
        const provider = { issuer, tokenEndpoint: `${issuer}/token` };
        writeFileSync(file, JSON.stringify({ origin, provider, clientId: 'cli', by: 'person', tokens: { any } }));
      };
      store('old', 'refresh-1', NOW - 1);
      const flags = { profile: 'p', input: true };
      const settings = await readSettings(flags, { cwd: ownFolder, env: { HOME: ownFolder }, isTerminal: false });
      const session = openSession({ settings, fetch, now: () => NOW, signal: new AbortController().signal });
      return {
        session,
        store,
        forms,
        stored: () => JSON.parse(readFileSync(file, 'utf8')) as ReturnType<Place['stored']>,
      };
    },
);

test('requests at the same time share one renewal, and later ones use its token', async ({ open }) => {
  const { forms, session, stored } = await open(tokens('new', { refresh_token: 'refresh-2' }));
  const all = await Promise.all([session.token('operator'), session.token('sender'), session.token('operator')]);
  expect(all.map(({ accessToken }) => accessToken)).toEqual(['new', 'new', 'new']);
  expect((await session.token('operator')).accessToken).toBe('new');
  expect(forms).toEqual([{ grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'cli' }]);
  expect(stored().tokens.any).toMatchObject({
    accessToken: 'new',
    refreshToken: 'refresh-2',
    scopes: ['operator_read'],
  });
});

test('the refresh token stays if the provider gives no other', async ({ open }) => {
  const { session, stored } = await open(tokens('new'));
  await session.token('operator');
  expect(stored().tokens.any).toMatchObject({ accessToken: 'new', refreshToken: 'refresh-1' });
});

test('a token that the gateway refused is renewed, and one that replaced it meanwhile is used', async ({ open }) => {
  const { forms, session } = await open(tokens('second', { refresh_token: 'refresh-2' }), tokens('third'));
  expect((await session.token('operator')).accessToken).toBe('second');
  expect((await session.token('operator', { refused: 'old' })).accessToken).toBe('second');
  expect((await session.token('operator', { refused: 'second' })).accessToken).toBe('third');
  expect(forms.map((form) => form.refresh_token)).toEqual(['refresh-1', 'refresh-2']);
});

const REFUSAL: Reply = { status: 400, json: { error: 'invalid_grant' } };

test('a refresh token that another process used first costs nothing: its tokens are taken', async ({ open }) => {
  const { session, store } = await open(REFUSAL);
  store('of the other process', 'refresh-2', NOW + 3_600_000);
  expect((await session.token('operator')).accessToken).toBe('of the other process');
});

test('a refresh token that the provider refuses ends the sign-in', async ({ open }) => {
  const { session } = await open(REFUSAL);
  await expect(session.token('operator')).rejects.toMatchObject({ exit: 'signIn' });
});
