import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallbackTokenClaims } from '../../../../lambda/contract/claims.ts';
import {
  hasTimeToSign,
  SIGNING_KEY_PURPOSE,
  SIGNING_KEY_SECONDS,
  type SigningKeyItem,
} from '../../../../lambda/contract/signing-keys.ts';
import { mintCallbackToken } from '../../../../lambda/shared/callback-token/mint.ts';
import { createRotatingSigner } from '../../../../lambda/shared/callback-token/rotating-signer.ts';
import { thumbprintOf } from '../../../../lambda/shared/callback-token/thumbprint.ts';
import { createTokenVerifier } from '../../../../lambda/shared/callback-token/verify.ts';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';
import { createRefreshed } from '../../../../lambda/shared/signing-keys/refreshed.ts';
import { createVerificationKeys } from '../../../../lambda/shared/signing-keys/verification-keys.ts';
import { REGISTRY } from '../../../support/registry.ts';
import { claimsOf, NOW, ORIGIN } from '../../../support/tokens.ts';

/** One key signs for a day, and a token lives for at most a week. */
const [DAY, WEEK] = [86_400, 604_800];

type Item = SigningKeyItem & { readonly privateKey: KeyObject };

/** Clocks of the three functions, in seconds ahead of the true time. They differ by 5 seconds at most. */
interface Clocks {
  readonly rotation: number;
  readonly signer: number;
  readonly receiver: number;
}

/** A table of keys, with a signer and a receiver that read it. The keys and signatures are real. */
const openWorld = (clocks: Clocks) => {
  let time = NOW;
  let items: readonly Item[] = [];
  const read = async () => items;
  const milliseconds = (clock: keyof Clocks) => () => (time + clocks[clock]) * 1_000;

  /** Makes what is missing: a key that signs, and the next one, published long before it signs. */
  const rotate = () => {
    const now = time + clocks.rotation;
    for (;;) {
      const [signing, next] = items.filter((key) => hasTimeToSign(key, now)).sort((a, b) => a.signUntil - b.signUntil);
      if (next !== undefined) return;
      const earliest = items.length === 0 ? now : now + SIGNING_KEY_SECONDS.published;
      const signFrom = Math.max(signing?.signUntil ?? earliest, earliest);
      items = [...items, aKey(items.length + 1, now, signFrom)];
    }
  };
  rotate();

  const list = createRefreshed({ read, now: milliseconds('signer') });
  const getSigner = createRotatingSigner({
    environment: 'test',
    keys: async () => (await list()).value,
    decrypt: async (bytes) => bytes,
    now: milliseconds('signer'),
  });
  const verifier = createTokenVerifier({
    origin: ORIGIN,
    registry: REGISTRY,
    keys: createVerificationKeys({ read, kmsKeys: null, now: milliseconds('receiver') }),
  });

  return {
    time: () => time,
    items: () => items,
    /** Passes time. The rotation runs every 10 minutes, and once more after a retirement. */
    pass: (seconds: number) => {
      for (let left = seconds; left > 0; left -= SIGNING_KEY_SECONDS.rotation) {
        time += Math.min(left, SIGNING_KEY_SECONDS.rotation);
        rotate();
      }
    },
    retire: (kid: string) => {
      items = items.map((key) => (key.kid === kid ? { ...key, retiredAt: time + clocks.rotation } : key));
      rotate();
    },
    /** Signs a token now. Returns nothing if no key signs. */
    open: async (lifetime: number) => {
      const signer = await getSigner().catch(() => undefined);
      if (signer === undefined) return undefined;
      const iat = time + clocks.signer;
      const exp = iat + lifetime;
      return { kid: signer.kid, exp, token: await mintCallbackToken(claims({ iat, nbf: iat, exp }), signer) };
    },
    /** Signs with a stolen key, at any time. */
    forge: (key: Item, iat: number, exp: number) =>
      mintCallbackToken(claims({ iat, nbf: iat, exp }), {
        alg: 'ES256',
        kid: key.kid,
        // A signer of ours moves `iat` to the publication of its key. A thief does not.
        publishedAt: 0,
        sign: async (input) => sign('sha256', input, { key: key.privateKey, dsaEncoding: 'ieee-p1363' }),
      }),
    deliver: async (token: string): Promise<string> => {
      const expected = { capability: 'result', taskId: 'task-1', carrier: 'path', path: '/v1/results/task-1' } as const;
      const verified = await verifier.verify(token, expected, time + clocks.receiver);
      if (isRefusal(verified)) return verified.code;
      return verified.expired ? 'expired' : 'accepted';
    },
  };
};

const claims = (times: Pick<CallbackTokenClaims, 'iat' | 'nbf' | 'exp'>): CallbackTokenClaims => claimsOf({ ...times });

const aKey = (generation: number, publishedAt: number, signFrom: number): Item => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const members = publicKey.export({ format: 'jwk' });
  const [signUntil, verifyUntil] = [signFrom + DAY, signFrom + DAY + SIGNING_KEY_SECONDS.verify];
  return {
    purpose: SIGNING_KEY_PURPOSE,
    generation,
    id: `${generation}`,
    kid: thumbprintOf(members),
    alg: 'ES256',
    publicJwk: JSON.stringify(members),
    encryptedPrivateKey: privateKey.export({ format: 'der', type: 'pkcs8' }),
    publishedAt,
    signFrom,
    signUntil,
    verifyUntil,
    expiresAt: verifyUntil + DAY,
    privateKey,
  };
};

const offset = fc.integer({ min: 0, max: 5 });
const anyClocks: fc.Arbitrary<Clocks> = fc.record({ rotation: offset, signer: offset, receiver: offset });
/** Short times show the edges of a retirement, long ones those of a key. */
const aTime = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 130 }) },
  { weight: 1, arbitrary: fc.integer({ min: 131, max: 2 * DAY }) },
);
const aLifetime = fc.oneof(fc.constant(60), fc.integer({ min: 60, max: WEEK }), fc.constant(WEEK));
interface Step {
  readonly lifetime: number;
  readonly retires: boolean;
  /** Seconds before the deliveries, and after them. */
  readonly pass: number;
  readonly pause: number;
}
const someSteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ pass: aTime, pause: fc.nat(65), lifetime: aLifetime, retires: fc.nat(2).map((n) => n === 0) }),
  { minLength: 10, maxLength: 30 },
);

describe('O3 the tokens of any life of keys, with clocks that differ by the tolerance', () => {
  test('are accepted until exp, and those of a retired key are refused a minute later', async () => {
    await fc.assert(
      fc.asyncProperty(anyClocks, someSteps, async (clocks, steps) => {
        const world = openWorld(clocks);
        const retiredAt = new Map<string, number>();
        const tokens: { readonly kid: string; readonly exp: number; readonly token: string }[] = [];
        for (const { lifetime, pass, pause, retires } of steps) {
          const opened = await world.open(lifetime);
          if (opened !== undefined) tokens.push(opened);
          if (retires && opened !== undefined && !retiredAt.has(opened.kid)) {
            world.retire(opened.kid);
            retiredAt.set(opened.kid, world.time());
          }
          world.pass(pass);
          for (const { exp, kid, token } of tokens) {
            const verdict = await world.deliver(token);
            const retired = retiredAt.get(kid);
            const isExpired = world.time() + clocks.receiver >= exp + 5;
            if (retired === undefined && !isExpired) expect(verdict).toBe('accepted');
            if (retired !== undefined && world.time() - retired >= 60) expect(verdict).toBe('token_key_unknown');
            if (isExpired) expect(['expired', 'token_key_unknown']).toContain(verdict);
          }
          world.pass(pause);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('can be signed at any time, unless two keys are retired within a day', async () => {
    await fc.assert(
      fc.asyncProperty(anyClocks, someSteps, async (clocks, steps) => {
        const world = openWorld(clocks);
        // The key after the first one of an environment can sign 65 seconds after its publication.
        world.pass(70);
        let retirements: readonly number[] = [];
        for (const { pass, retires } of steps) {
          const opened = await world.open(60);
          const recent = retirements.filter((at) => world.time() - at < DAY);
          if (recent.length < 2) expect(opened).toBeDefined();
          if (retires && opened !== undefined) {
            world.retire(opened.kid);
            retirements = [...retirements, world.time()];
          }
          world.pass(pass);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe.each([
  { rotation: 0, signer: 0, receiver: 5 },
  { rotation: 0, signer: 5, receiver: 0 },
  { rotation: 5, signer: 0, receiver: 0 },
  { rotation: 0, signer: 5, receiver: 5 },
] satisfies Clocks[])('O3 with the clocks %j, the last token of a key', (clocks) => {
  test('is accepted 4 seconds after its exp, and never again', async () => {
    const world = openWorld(clocks);
    const [first] = world.items();
    if (first === undefined) throw new Error('No key.');
    world.pass(first.signUntil - 1 - clocks.signer - world.time());
    const last = await world.open(WEEK);
    if (last === undefined) throw new Error('No key signs.');
    expect(last).toMatchObject({ kid: first.kid, exp: first.signUntil - 1 + WEEK });
    world.pass(last.exp + 4 - clocks.receiver - world.time());
    expect(await world.deliver(last.token)).toBe('accepted');
    world.pass(1);
    expect(await world.deliver(last.token)).toBe('expired');
    world.pass(1);
    expect(await world.deliver(last.token)).toBe('token_key_unknown');
  });
});

describe('T6 a stolen key, with clocks that differ by the tolerance', () => {
  test('signs nothing that is accepted outside of its time, or after its time to verify', async () => {
    await fc.assert(
      fc.asyncProperty(anyClocks, fc.integer({ min: 0, max: 12 * DAY }), async (clocks, age) => {
        const world = openWorld(clocks);
        world.pass(age);
        const now = world.time() + clocks.receiver;
        for (const key of world.items()) {
          const dated = [now, key.signUntil + 6, key.publishedAt - 6].filter(
            (iat) => iat <= now && (iat > key.signUntil + 5 || iat < key.publishedAt - 5),
          );
          for (const iat of dated) {
            const verdict = await world.deliver(await world.forge(key, iat, iat + WEEK));
            expect(['token_signature_invalid', 'token_expired', 'token_key_unknown']).toContain(verdict);
          }
          if (now >= key.verifyUntil) {
            const last = await world.forge(key, key.signUntil, key.signUntil + WEEK);
            expect(await world.deliver(last)).toBe('token_key_unknown');
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});
