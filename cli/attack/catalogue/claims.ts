import type { Attack, AttackGroup, Ground } from '../attack.ts';
import { takeApart, tamper } from '../forge.ts';

const DAY_SECONDS = 86_400;

/** A claim is changed, and the signature stays. Only the gateway can sign a change, so the signature gives it away. */
const tampered = (
  name: string,
  tries: string,
  requirement: string,
  change: (ground: Ground) => Readonly<Record<string, unknown>>,
): Attack => ({
  name,
  tries,
  requirements: [requirement, 'T3'],
  expected: ['token_signature_invalid'],
  request: (ground) => ground.honest({ token: tamper(ground.result.token, { claims: change(ground) }) }),
});

/** Attacks on the signature, and on what the token says. */
export const CLAIMS: AttackGroup = {
  title: 'Signature and claims',
  attacks: [
    {
      name: 'other-key',
      tries: 'signs the same claims with its own key',
      requirements: ['T6'],
      expected: ['token_key_unknown'],
      request: ({ attackerKey, honest, result }) => {
        const { claims, header } = takeApart(result.token);
        return honest({ token: attackerKey.sign({ ...header, kid: 'attacker' }, claims) });
      },
    },
    {
      name: 'other-key-under-our-name',
      tries: 'signs with its own key, and names the key of the gateway',
      requirements: ['T3'],
      expected: ['token_signature_invalid'],
      request: ({ attackerKey, honest, result }) => {
        const { claims, header } = takeApart(result.token);
        return honest({ token: attackerKey.sign(header, claims) });
      },
    },
    {
      name: 'key-name-as-path',
      tries: 'names a file as the key ("kid": "../../dev/null")',
      requirements: ['T6'],
      expected: ['token_key_unknown'],
      request: ({ honest, result }) =>
        honest({ token: tamper(result.token, { header: { kid: '../../../../dev/null' } }) }),
    },
    {
      name: 'signature-of-zeros',
      tries: 'sends a signature of zeros, which broken libraries accept (CVE-2022-21449)',
      requirements: ['T3'],
      expected: ['token_signature_invalid'],
      request: ({ honest, result }) => {
        const { length } = Buffer.from(takeApart(result.token).signature, 'base64url');
        return honest({ token: tamper(result.token, { signature: Buffer.alloc(length).toString('base64url') }) });
      },
    },
    {
      name: 'tampered-task',
      tries: 'rewrites the token for another task, and delivers there',
      requirements: ['C5', 'T3'],
      expected: ['token_signature_invalid'],
      needsOther: true,
      request: ({ honest, other, result }) => {
        const { path, res_id } = takeApart(other.token).claims;
        return honest({ callback: other, token: tamper(result.token, { claims: { path, res_id } }) });
      },
    },
    tampered('other-issuer', 'rewrites the issuer', 'C1', () => ({ iss: 'https://attacker.invalid' })),
    tampered('other-audience', 'rewrites the audience', 'C3', ({ failure, origin }) => ({
      aud: `${origin}${failure.path.slice(0, failure.path.lastIndexOf('/'))}`,
    })),
    tampered('other-processor', 'rewrites the processor', 'C2', () => ({ sub: 'attacker' })),
    tampered('more-uses', 'gives itself a thousand uses', 'C6', () => ({ max_uses: 1_000 })),
    tampered('other-token-id', 'gives the token another id, so that it looks unused', 'C6', () => ({
      jti: 'attacker-000000000000001',
    })),
    tampered('expired', 'dates the end of the token back by a day', 'C4', ({ now }) => ({ exp: now - DAY_SECONDS })),
    tampered('longer-life', 'gives itself a year more', 'C4', ({ now }) => ({ exp: now + 365 * DAY_SECONDS })),
    tampered('not-yet-valid', 'dates the beginning of the token forward by a day', 'C4', ({ now }) => ({
      nbf: now + DAY_SECONDS,
    })),
  ],
};
