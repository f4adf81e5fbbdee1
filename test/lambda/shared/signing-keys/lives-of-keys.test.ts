import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallbackTokenClaims } from '../../../../lambda/contract/claims.ts';
import {
  SIGNING_KEY_PURPOSE,
  SIGNING_KEY_SECONDS,
  type SigningKeyItem,
} from '../../../../lambda/contract/signing-keys.ts';
import type { KeyStore } from '../../../../lambda/functions/rotate-signing-key/key-store.ts';
import type { MakeKeyPair } from '../../../../lambda/functions/rotate-signing-key/make-key-pair.ts';
import { createRotation } from '../../../../lambda/functions/rotate-signing-key/rotate-signing-key.ts';
import { mintCallbackToken } from '../../../../lambda/shared/callback-token/mint.ts';
import { createRotatingSigner } from '../../../../lambda/shared/callback-token/rotating-signer.ts';
import { createTokenVerifier } from '../../../../lambda/shared/callback-token/verify.ts';
import { createLogger } from '../../../../lambda/shared/log/logger.ts';
import { isRefusal } from '../../../../lambda/shared/refusal.ts';
import { createRefreshed } from '../../../../lambda/shared/signing-keys/refreshed.ts';
import { createVerificationKeys } from '../../../../lambda/shared/signing-keys/verification-keys.ts';
import { REGISTRY } from '../../../support/registry.ts';
import { claimsOf, NOW, ORIGIN } from '../../../support/tokens.ts';

/** One key signs for a day, and a token lives for at most a week. */
const [DAY, WEEK] = [86_400, 604_800];

/** Clocks of the functions, in seconds ahead of the true time. They differ by 5 seconds at most. */
interface Clocks {
  /** Clock of the rotation and of the operator API. */
  readonly rotation: number;
  readonly signer: number;
  readonly receiver: number;
}

/** A table of keys in memory. It keeps private halves after a retirement, for a thief who took one. */
const aKeyTable = () => {
  let items: readonly SigningKeyItem[] = [];
  const stolen = new Map<string, Uint8Array>();
  const change = (generation: number, changes: (item: SigningKeyItem) => SigningKeyItem) => {
    items = items.map((item) => (item.generation === generation ? changes(item) : item));
  };
  const store: KeyStore = {
    read: async () => items,
    add: async (key) => {
      if (items.some(({ generation }) => generation === key.generation)) return false;
      items = [...items, { purpose: SIGNING_KEY_PURPOSE, ...key }];
      stolen.set(key.kid, key.encryptedPrivateKey ?? new Uint8Array());
      return true;
    },
    changeEnd: async ({ generation }, end) => change(generation, (item) => ({ ...item, ...end })),
    removePrivateKey: async ({ generation }) =>
      change(generation, ({ encryptedPrivateKey: _key, id: _id, ...item }) => item),
  };
  return {
    store,
    items: () => items,
    retire: (kid: string, retiredAt: number) => {
      items = items.map((item) => (item.kid === kid ? { ...item, retiredAt } : item));
    },
    privateKeyOf: (kid: string) =>
      createPrivateKey({ key: Buffer.from(stolen.get(kid) ?? []), format: 'der', type: 'pkcs8' }),
  };
};

/** Makes a key pair as KMS does, and "encrypts" its private half by doing nothing. */
const makeKeyPair: MakeKeyPair = async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: publicKey.export({ format: 'jwk' }),
    encryptedPrivateKey: privateKey.export({ format: 'der', type: 'pkcs8' }),
  };
};

/** The shipped rotation, a signer and a receiver around one table. The keys and signatures are real. */
const openWorld = async (clocks: Clocks) => {
  let time = NOW;
  let ids = 0;
  const table = aKeyTable();
  const { read } = table.store;
  const milliseconds = (clock: keyof Clocks) => () => (time + clocks[clock]) * 1_000;

  const rotate = createRotation({
    algorithm: 'ES256',
    every: DAY,
    store: table.store,
    makeKeyPair,
    keysInKms: async () => [],
    hasKeysInKms: false,
    randomId: () => {
      ids += 1;
      return `id-${ids}`;
    },
    logger: createLogger('test', 'rotate-signing-key', () => undefined),
    now: milliseconds('rotation'),
    // Only the next step of a deployment needs this wait.
    wait: async () => undefined,
  });
  await rotate();

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
    items: table.items,
    /** Passes time. The rotation runs every 10 minutes, and once more after a retirement. */
    pass: async (seconds: number) => {
      for (let left = seconds; left > 0; left -= SIGNING_KEY_SECONDS.rotation) {
        time += Math.min(left, SIGNING_KEY_SECONDS.rotation);
        await rotate();
      }
    },
    /** Retires a key. Returns `retiredAt`. */
    retire: async (kid: string) => {
      const retiredAt = time + clocks.rotation;
      table.retire(kid, retiredAt);
      await rotate();
      return retiredAt;
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
    forge: ({ kid }: SigningKeyItem, iat: number, exp: number) =>
      mintCallbackToken(claims({ iat, nbf: iat, exp }), {
        alg: 'ES256',
        kid,
        // A signer of ours moves `iat` to the publication of its key. A thief does not.
        publishedAt: 0,
        sign: async (input) => sign('sha256', input, { key: table.privateKeyOf(kid), dsaEncoding: 'ieee-p1363' }),
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
  test('are accepted until exp, and those of a retired key are refused 65 seconds later', async () => {
    await fc.assert(
      fc.asyncProperty(anyClocks, someSteps, async (clocks, steps) => {
        const world = await openWorld(clocks);
        const retiredAt = new Map<string, number>();
        const tokens: { readonly kid: string; readonly exp: number; readonly token: string }[] = [];
        for (const { lifetime, pass, pause, retires } of steps) {
          const opened = await world.open(lifetime);
          if (opened !== undefined) tokens.push(opened);
          if (retires && opened !== undefined && !retiredAt.has(opened.kid)) {
            retiredAt.set(opened.kid, await world.retire(opened.kid));
          }
          await world.pass(pass);
          for (const { exp, kid, token } of tokens) {
            const verdict = await world.deliver(token);
            const retired = retiredAt.get(kid);
            const isExpired = world.time() + clocks.receiver >= exp + 5;
            if (retired === undefined && !isExpired) expect(verdict).toBe('accepted');
            if (retired !== undefined && world.time() + clocks.receiver - retired >= 65) {
              expect(verdict).toBe('token_key_unknown');
            }
            if (isExpired) expect(['expired', 'token_key_unknown']).toContain(verdict);
          }
          await world.pass(pause);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('can be signed at any time, unless two keys are retired within a day', async () => {
    await fc.assert(
      fc.asyncProperty(anyClocks, someSteps, async (clocks, steps) => {
        const world = await openWorld(clocks);
        // The key after the first one of an environment can sign 65 seconds after its publication.
        expect(await world.open(60)).toBeDefined();
        await world.pass(70);
        let retirements: readonly number[] = [];
        for (const { pass, retires } of steps) {
          const opened = await world.open(60);
          const recent = retirements.filter((at) => world.time() - at < DAY);
          if (recent.length < 2) expect(opened).toBeDefined();
          if (retires && opened !== undefined) {
            await world.retire(opened.kid);
            retirements = [...retirements, world.time()];
          }
          await world.pass(pass);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe.each([
  { clocks: { rotation: 0, signer: 5, receiver: 5 }, last: 64, first: 65 },
  { clocks: { rotation: 0, signer: 0, receiver: 0 }, last: 59, first: 60 },
  { clocks: { rotation: 5, signer: 0, receiver: 0 }, last: 54, first: 55 },
])('O3 with the clocks $clocks, a key that is retired right after it was read', ({ clocks, first, last }) => {
  /** The lists of the signer and of the receiver are read in the second of the retirement. */
  const retireAfterReading = async () => {
    const world = await openWorld(clocks);
    // From now on the next key may sign at once.
    await world.pass(120);
    const opened = await world.open(DAY);
    if (opened === undefined) throw new Error('No key signs.');
    expect(await world.deliver(opened.token)).toBe('accepted');
    const retiredAt = await world.retire(opened.kid);
    const passUntil = (clock: keyof Clocks, seconds: number) =>
      world.pass(retiredAt + seconds - clocks[clock] - world.time());
    return { ...world, opened, passUntil };
  };

  test(`is accepted until retiredAt + ${last} s by the receiver's clock, and no longer`, async () => {
    const { deliver, opened, passUntil } = await retireAfterReading();
    await passUntil('receiver', last);
    expect(await deliver(opened.token)).toBe('accepted');
    await passUntil('receiver', first);
    expect(await deliver(opened.token)).toBe('token_key_unknown');
  });

  test(`signs until retiredAt + ${last} s by the signer's clock, and then the next one does`, async () => {
    const { items, open, opened, passUntil } = await retireAfterReading();
    await passUntil('signer', last);
    expect((await open(60))?.kid).toBe(opened.kid);
    await passUntil('signer', first);
    expect((await open(60))?.kid).toBe(items()[1]?.kid);
  });
});

describe.each([
  { rotation: 0, signer: 0, receiver: 5 },
  { rotation: 0, signer: 5, receiver: 0 },
  { rotation: 5, signer: 0, receiver: 0 },
  { rotation: 0, signer: 5, receiver: 5 },
] satisfies Clocks[])('O3 with the clocks %j, the last token of a key', (clocks) => {
  test('is accepted 4 seconds after its exp, and never again', async () => {
    const world = await openWorld(clocks);
    const [first] = world.items();
    if (first === undefined) throw new Error('No key.');
    await world.pass(first.signUntil - 1 - clocks.signer - world.time());
    const last = await world.open(WEEK);
    if (last === undefined) throw new Error('No key signs.');
    expect(last).toMatchObject({ kid: first.kid, exp: first.signUntil - 1 + WEEK });
    await world.pass(last.exp + 4 - clocks.receiver - world.time());
    expect(await world.deliver(last.token)).toBe('accepted');
    await world.pass(1);
    expect(await world.deliver(last.token)).toBe('expired');
    await world.pass(1);
    expect(await world.deliver(last.token)).toBe('token_key_unknown');
  });
});

describe('T6 a stolen key, with clocks that differ by the tolerance', () => {
  test('signs nothing that is accepted outside of its time, or after its time to verify', async () => {
    await fc.assert(
      fc.asyncProperty(anyClocks, fc.integer({ min: 0, max: 12 * DAY }), async (clocks, age) => {
        const world = await openWorld(clocks);
        await world.pass(age);
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
