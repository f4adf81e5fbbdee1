import { MAX_TOKEN_CHARS } from '../../../lambda/contract/limits.ts';
import type { AttackGroup, Ground } from '../attack.ts';
import { signWithPublicKey, takeApart, tamper, withClaimsText } from '../forge.ts';

/** The honest request with a forged token. */
const forged =
  (forge: (ground: Ground) => string) =>
  (ground: Ground): ReturnType<Ground['honest']> =>
    ground.honest({ token: forge(ground) });

/** Attacks on the form and the header of the token. */
export const TOKEN_FORM: AttackGroup = {
  title: 'Form and header of the token',
  attacks: [
    {
      name: 'unsigned',
      tries: 'removes the signature',
      requirements: ['T3'],
      expected: ['token_malformed'],
      request: forged(({ result }) => tamper(result.token, { signature: '' })),
    },
    {
      name: 'alg-none',
      tries: 'says that no signature is needed ("alg": "none")',
      requirements: ['T1', 'T3'],
      expected: ['token_header_refused'],
      request: forged(({ result }) => tamper(result.token, { header: { alg: 'none' } })),
    },
    {
      name: 'hmac-with-public-key',
      tries: 'signs by HMAC with the public key as the secret',
      requirements: ['T2', 'T3'],
      expected: ['token_header_refused'],
      request: forged(({ gatewayKey, result }) => signWithPublicKey(result.token, gatewayKey)),
    },
    {
      name: 'other-algorithm',
      tries: 'names another algorithm than that of the key',
      requirements: ['T2'],
      expected: ['token_header_refused'],
      request: forged(({ result }) => {
        const { header } = takeApart(result.token);
        return tamper(result.token, { header: { alg: header.alg === 'RS256' ? 'ES256' : 'RS256' } });
      }),
    },
    {
      name: 'key-in-header',
      tries: 'puts its own key into the header ("jwk")',
      requirements: ['T3'],
      expected: ['token_header_refused'],
      request: forged(({ attackerKey, result }) => {
        const { claims, header } = takeApart(result.token);
        return attackerKey.sign({ ...header, jwk: attackerKey.publicJwk }, claims);
      }),
    },
    {
      name: 'key-url-in-header',
      tries: 'names its own URL for the key ("jku")',
      requirements: ['T3', 'T6'],
      expected: ['token_header_refused'],
      request: forged(({ attackerKey, result }) => {
        const { claims, header } = takeApart(result.token);
        return attackerKey.sign({ ...header, jku: 'https://attacker.invalid/jwks.json' }, claims);
      }),
    },
    {
      name: 'unknown-critical-header',
      tries: 'demands an unknown extension ("crit")',
      requirements: ['T7'],
      expected: ['token_header_refused'],
      request: forged(({ result }) => tamper(result.token, { header: { crit: ['b64'], b64: false } })),
    },
    {
      name: 'other-type',
      tries: 'passes the token off as an access token ("typ": "at+jwt")',
      requirements: ['T8'],
      expected: ['token_header_refused'],
      request: forged(({ result }) => tamper(result.token, { header: { typ: 'at+jwt' } })),
    },
    {
      name: 'padded',
      tries: 'adds padding, for a second spelling of the same token',
      requirements: ['T4'],
      expected: ['token_malformed'],
      request: forged(({ result }) => `${result.token}==`),
    },
    {
      name: 'unused-bits',
      tries: 'sets unused bits of the last character, for a second spelling of the same token',
      requirements: ['T4'],
      expected: ['token_malformed'],
      request: forged(({ result }) => withUnusedBits(result.token)),
    },
    {
      name: 'repeated-claim',
      tries: 'repeats a claim, so that two parsers read different values',
      requirements: ['T7'],
      expected: ['token_malformed'],
      request: forged(({ result }) => withClaimsText(result.token, (json) => json.replace('{', '{"max_uses":99,'))),
    },
    {
      name: 'too-long',
      tries: `sends a token of ${MAX_TOKEN_CHARS + 1} characters`,
      requirements: ['T4'],
      expected: ['token_malformed'],
      request: forged(({ result }) => result.token.padEnd(MAX_TOKEN_CHARS + 1, 'A')),
    },
  ],
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Signatures of 64 and 256 bytes end in a character of base64url with four unused bits, which are zero. */
const withUnusedBits = (token: string): string =>
  `${token.slice(0, -1)}${ALPHABET.charAt(ALPHABET.indexOf(token.slice(-1)) | 1)}`;
