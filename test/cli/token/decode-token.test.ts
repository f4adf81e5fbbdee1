import { describe, expect, test } from 'vitest';
import { decodeToken } from '../../../cli/token/decode-token.ts';
import { showToken } from '../../../cli/token/show-token.ts';
import { aSigningKey, aToken, claimsOf, ORIGIN } from '../../support/tokens.ts';

const HEADER = Buffer.from('{"alg":"ECDH-ES"}').toString('base64url');

describe('decodeToken', () => {
  test('reads the token of a URL, and ignores query and fragment', async () => {
    const claims = claimsOf();
    const token = await aToken(await aSigningKey(), claims);
    expect(decodeToken({ url: `${ORIGIN}${claims.path}/${token}?a=1#b` }).claims).toEqual(claims);
    expect(decodeToken({ url: `${ORIGIN}/v1/results/other`, token }).claims).toEqual(claims);
  });

  test('reads only the header of an encrypted token', () => {
    expect(decodeToken({ token: `${HEADER}..AAAA.AAAA.AAAA` })).toEqual({ header: { alg: 'ECDH-ES' } });
  });

  test.each([
    ['two parts', { token: 'a.b' }, 'token_malformed'],
    ['an encrypted token with an encrypted key', { token: `${HEADER}.AAAA.AAAA.AAAA.AAAA` }, 'token_malformed'],
    ['a URL of another path', { url: `${ORIGIN}/v2/results/t/x` }, 'no callback has this path'],
    ['a short URL', { url: `${ORIGIN}/c/${'A'.repeat(22)}` }, 'A short URL has no token'],
    ['a URL whose token is in a header', { url: `${ORIGIN}/v1/results/t` }, 'carries the token in a header'],
  ])('says what is wrong with %s', (_, presented, text) => {
    expect(() => decodeToken(presented)).toThrow(
      expect.objectContaining({ exit: 'failed', message: expect.stringContaining(text) }),
    );
  });
});

describe('showToken', () => {
  const NOW = Date.UTC(2100, 0, 1);
  const shown = (exp: unknown) => showToken({ header: {}, claims: { exp } }, NOW).split('\n').at(-1);

  test.each([
    [86_400, 'in 1 day'],
    [7_199, 'in 1 hour'],
    [-120, '2 minutes ago'],
    [0, 'in 0 seconds'],
  ])('says in words that a time is %i seconds away', (seconds, words) => {
    expect(shown(NOW / 1_000 + seconds)).toContain(`, ${words})`);
  });

  test('shows a claim that is no time as it is', () => {
    expect([shown('soon'), shown(1e20)]).toEqual(['  exp  soon', '  exp  100000000000000000000']);
  });

  test('O2 keeps text of a token on one line, without control characters', () => {
    expect(showToken({ header: { 'a\u001b[31m': 'x\ny' } }, NOW)).toBe('header\n  a [31m  x y');
  });
});
