import { DPOP_WINDOW_SECONDS, SIGNATURE_WINDOW_SECONDS } from '../../../lambda/contract/proof-limits.ts';
import type { AttackGroup } from '../attack.ts';
import { withHeader, without, withoutToken } from '../edit-request.ts';
import { tamper } from '../forge.ts';

/** A stolen token alone: as Bearer, without any proof. */
const STOLEN_TOKEN = 'steals the token, and delivers without the proof';
const OTHER_KEY = 'steals the token, and makes the proof with its own key';

/** Attacks on the second factor of a callback. */
export const PROOF: AttackGroup = {
  title: 'Proofs',
  attacks: [
    {
      name: 'dpop-missing',
      tries: STOLEN_TOKEN,
      requirements: ['P3'],
      expected: ['proof_missing'],
      target: 'dpop',
      request: async ({ honest, result }) =>
        withHeader(without(await honest(), 'dpop'), 'Authorization', `Bearer ${result.token}`),
    },
    {
      name: 'dpop-unbound',
      tries: 'removes the binding to the key from the token',
      requirements: ['P3', 'T3'],
      expected: ['token_signature_invalid'],
      target: 'dpop',
      request: async ({ honest, result }) =>
        withHeader(
          without(await honest(), 'dpop'),
          'Authorization',
          `Bearer ${tamper(result.token, { claims: { cnf: undefined } })}`,
        ),
    },
    {
      name: 'dpop-replayed',
      tries: 'records a request, and sends its proof again with another result',
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'dpop',
      before: 'delivered',
      request: async ({ first, honest }) => {
        const proof = first?.headers.find(([name]) => name.toLowerCase() === 'dpop')?.[1] ?? '';
        return withHeader(await honest({ payload: 2 }), 'DPoP', proof);
      },
    },
    {
      name: 'dpop-other-key',
      tries: OTHER_KEY,
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'dpop',
      request: ({ honest }) => honest({ prover: 'attacker' }),
    },
    {
      name: 'dpop-other-url',
      tries: 'uses a proof that was made for another URL',
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'dpop',
      request: ({ failure, honest }) => honest({ provenUrl: failure.url }),
    },
    {
      name: 'dpop-old',
      tries: 'uses a proof that is too old',
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'dpop',
      request: ({ honest }) => honest({ proofAge: 2 * DPOP_WINDOW_SECONDS }),
    },
    {
      name: 'signature-missing',
      tries: STOLEN_TOKEN,
      requirements: ['P3'],
      expected: ['proof_missing'],
      target: 'http-signature',
      request: async ({ honest }) => without(await honest(), 'signature', 'signature-input'),
    },
    {
      name: 'signature-without-digest',
      tries: 'removes the digest of the body (Content-Digest)',
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'http-signature',
      request: async ({ honest }) => without(await honest(), 'content-digest'),
    },
    {
      name: 'signature-other-body',
      tries: 'keeps the signature, and replaces the body',
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'http-signature',
      request: async ({ honest }) => ({ ...(await honest()), body: Buffer.from('{"text":"attacker"}') }),
    },
    {
      name: 'signature-other-key',
      tries: OTHER_KEY,
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'http-signature',
      request: ({ honest }) => honest({ prover: 'attacker' }),
    },
    {
      name: 'signature-other-url',
      tries: 'uses a signature that was made for another URL',
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'http-signature',
      request: ({ failure, honest }) => honest({ provenUrl: failure.url }),
    },
    {
      name: 'signature-old',
      tries: 'uses a signature that is too old',
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'http-signature',
      request: ({ honest }) => honest({ proofAge: 2 * SIGNATURE_WINDOW_SECONDS }),
    },
    {
      name: 'webhook-signature-missing',
      tries: STOLEN_TOKEN,
      requirements: ['P3'],
      expected: ['proof_missing'],
      target: 'standard-webhooks',
      request: async ({ honest }) => without(await honest(), 'webhook-id', 'webhook-timestamp', 'webhook-signature'),
    },
    {
      name: 'webhook-other-secret',
      tries: OTHER_KEY,
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'standard-webhooks',
      request: ({ honest }) => honest({ prover: 'attacker' }),
    },
    {
      name: 'webhook-other-body',
      tries: 'keeps the signature, and replaces the body',
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'standard-webhooks',
      request: async ({ honest }) => ({ ...(await honest()), body: Buffer.from('{"text":"attacker"}') }),
    },
    {
      name: 'webhook-old',
      tries: 'uses a signature that is too old',
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'standard-webhooks',
      request: ({ honest }) => honest({ proofAge: 2 * SIGNATURE_WINDOW_SECONDS }),
    },
    {
      name: 'access-token-missing',
      tries: STOLEN_TOKEN,
      requirements: ['P3'],
      expected: ['proof_missing'],
      target: 'private-key-jwt',
      request: async ({ honest }) => without(await honest(), 'authorization'),
    },
    {
      name: 'callback-token-as-access-token',
      tries: 'sends the callback token in place of the access token too',
      requirements: ['P3', 'T8'],
      expected: ['proof_invalid'],
      target: 'private-key-jwt',
      request: async ({ honest, result }) => {
        const request = withHeader(withoutToken(await honest()), 'Callback-Token', result.token);
        return withHeader(request, 'Authorization', `Bearer ${result.token}`);
      },
    },
    {
      name: 'forged-access-token',
      tries: 'signs an access token with its own key',
      requirements: ['P3'],
      expected: ['proof_invalid'],
      target: 'private-key-jwt',
      request: async ({ attackerKey, honest, now, origin }) => {
        const claims = { iss: 'https://attacker.invalid', aud: origin, sub: 'attacker', iat: now, exp: now + 300 };
        const token = attackerKey.sign({ alg: 'ES256', typ: 'at+jwt', kid: 'attacker' }, claims);
        return withHeader(await honest(), 'Authorization', `Bearer ${token}`);
      },
    },
  ],
};
