import { Duration } from 'aws-cdk-lib';
import * as v from 'valibot';
import { CALLBACK_TOKEN_ALGORITHMS } from '../../lambda/contract/claims.ts';
import type { SigningKind } from '../../lambda/contract/signing.ts';
import { SIGNING_KEY_SECONDS } from '../../lambda/contract/signing-keys.ts';
import { byKind, object, optional } from './containers.ts';
import { duration, oneOf } from './kinds.ts';

const EXAMPLE = "Write for instance { kind: 'rotating' } or { kind: 'kms' }.";

/**
 * KMS makes each key pair and encrypts its private half. The function `create-task` decrypts it once and signs with it, so that
 * no token needs a request to KMS. About 1 USD a month for the encryption key.
 */
export const rotating = object(EXAMPLE, {
  kind: v.literal('rotating'),
  /**
   * Time for which one key signs. The next key is published that long before. A shorter time makes a stolen key useless
   * sooner.
   * @default Duration.days(1)
   */
  every: optional(
    duration({
      min: Duration.seconds(SIGNING_KEY_SECONDS.every.min),
      max: Duration.seconds(SIGNING_KEY_SECONDS.every.max),
      step: Duration.seconds(1),
      remedy: 'Give how long one key signs, for example Duration.days(1).',
    }),
    Duration.seconds(SIGNING_KEY_SECONDS.every.default),
  ),
  /**
   * Algorithm of new keys. A load balancer can check `RS256` tokens too, but they are too long for a callback URL: no processor
   * may have the carrier `path` then. After a change, the next key has the new algorithm.
   * @default 'ES256'
   */
  algorithm: optional(oneOf(CALLBACK_TOKEN_ALGORITHMS, 'Write ES256, or remove `algorithm`.'), 'ES256'),
});

/** A key in KMS signs each token, with one request and a line in CloudTrail for each. `signingKeys` has the keys. */
export const kms = object(EXAMPLE, { kind: v.literal('kms') });

/** Ways to sign by their names. */
export const SIGNING = { rotating, kms } as const satisfies Readonly<Record<SigningKind, unknown>>;

export const signing = byKind(SIGNING, 'docs/operate/key-rotation.md describes each of them.');

/** The way to sign, with defaults. */
export type Signing = v.InferOutput<typeof signing>;
