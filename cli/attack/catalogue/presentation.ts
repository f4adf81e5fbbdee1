import type { AttackGroup } from '../attack.ts';
import { withHeader, withHeaders, withoutToken } from '../edit-request.ts';

/** Attacks on the place of the token. */
export const PRESENTATION: AttackGroup = {
  title: 'The place of the token',
  attacks: [
    {
      name: 'no-token',
      tries: 'delivers without any token',
      requirements: ['H1'],
      expected: ['token_missing'],
      request: async ({ honest }) => withoutToken(await honest()),
    },
    {
      name: 'token-in-query',
      tries: 'puts the token into the query, where every log has it',
      requirements: ['P2'],
      expected: ['token_missing'],
      request: async ({ honest, result }) => {
        const request = withoutToken(await honest());
        return { ...request, target: `${request.target}?access_token=${result.token}` };
      },
    },
    {
      name: 'token-in-cookie',
      tries: 'puts the token into a cookie',
      requirements: ['P2'],
      expected: ['token_missing'],
      request: async ({ honest, result }) =>
        withHeaders(withoutToken(await honest()), ['Cookie', `access_token=${result.token}`]),
    },
    {
      name: 'token-in-body',
      tries: 'puts the token into the body',
      requirements: ['P2'],
      expected: ['token_missing'],
      request: async ({ honest, result }) =>
        withoutToken(await honest({ body: JSON.stringify({ access_token: result.token }) })),
    },
    {
      name: 'token-twice',
      tries: 'puts the token into the path and into a header',
      requirements: ['P1'],
      expected: ['token_ambiguous'],
      request: async ({ honest, result }) => ({ ...(await honest()), target: `${result.path}/${result.token}` }),
    },
    {
      name: 'authorization-twice',
      tries: 'sends two Authorization lines, and hopes that two layers read different ones',
      requirements: ['P1'],
      expected: ['token_ambiguous'],
      request: async ({ honest, other, result }) =>
        withHeaders(
          withoutToken(await honest()),
          ['Authorization', `Bearer ${other.token}`],
          ['Authorization', `Bearer ${result.token}`],
        ),
      needsOther: true,
    },
    {
      name: 'two-tokens-in-one-line',
      tries: 'sends two tokens in one Authorization line',
      requirements: ['P1'],
      expected: ['token_ambiguous'],
      request: async ({ honest, other, result }) =>
        withHeader(withoutToken(await honest()), 'Authorization', `Bearer ${other.token}, Bearer ${result.token}`),
      needsOther: true,
    },
    {
      name: 'bearer-beside-callback-token',
      tries: 'sends one token as Callback-Token and another one as Bearer',
      requirements: ['P1'],
      expected: ['token_ambiguous'],
      request: async ({ honest, other, result }) =>
        withHeaders(
          withoutToken(await honest()),
          ['Callback-Token', result.token],
          ['Authorization', `Bearer ${other.token}`],
        ),
      needsOther: true,
    },
    {
      name: 'token-as-password',
      tries: 'sends the token as a password of the scheme Basic',
      requirements: ['P1', 'H1'],
      expected: ['token_missing'],
      request: async ({ honest, result }) =>
        withHeader(
          withoutToken(await honest()),
          'Authorization',
          `Basic ${Buffer.from(`token:${result.token}`).toString('base64')}`,
        ),
    },
    {
      name: 'path-of-header-processor',
      tries: 'puts the token into the path, although its processor uses headers only',
      requirements: ['C5'],
      expected: ['token_path_mismatch'],
      target: 'header_only',
      request: async ({ honest, result }) => ({
        ...withoutToken(await honest()),
        target: `${result.path}/${result.token}`,
      }),
    },
    {
      name: 'guessed-short-url',
      tries: 'guesses a short callback URL',
      requirements: ['C6'],
      expected: ['token_unknown'],
      request: async ({ attackerKey, honest }) => ({
        ...withoutToken(await honest()),
        // A coordinate of a random key is as random as a code.
        target: `/c/${String(attackerKey.publicJwk.x ?? attackerKey.publicJwk.n).slice(0, 22)}`,
      }),
    },
  ],
};
