import { randomBytes } from 'node:crypto';
import {
  CAPABILITIES,
  type Capability,
  callbackAudience,
  callbackPath,
} from '../../../lambda/contract/capabilities.ts';
import type { Carrier } from '../../../lambda/contract/carriers.ts';
import { type CallbackTokenClaims, PROCESSOR_ROLE } from '../../../lambda/contract/claims.ts';
import {
  CLOCK_TOLERANCE_SECONDS,
  EXPIRES_IN_SECONDS,
  ID_RANDOM_BYTES,
  NEVER,
} from '../../../lambda/contract/limits.ts';
import { confirmationOf } from '../../../lambda/contract/proofs.ts';
import { maxUsesOf, type Processor, type Registry } from '../../../lambda/contract/registry.ts';
import { mintCallbackToken } from '../../../lambda/shared/callback-token/mint.ts';
import { shortCodeLookupKey } from '../../../lambda/shared/tables/hashed-keys.ts';
import { KIT_PROCESSORS, type KitProcessor } from './kit-registry.ts';
import type { KitSigningKey } from './kit-signing-key.ts';
import type { MemoryStore } from './memory-store.ts';

/** One callback, as opening a task returns it. */
export interface Callback {
  readonly method: 'POST';
  readonly url: string;
  /** Only with the carrier `header`. */
  readonly token?: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export type Callbacks = Readonly<Partial<Record<Capability, Callback>>>;

/** The task of a case before its first delivery. */
export interface TaskSetUp {
  readonly processor: KitProcessor;
  readonly capabilities: readonly Capability[];
  /** `revoked`: newer callbacks were issued. `gone`: its retention is over. */
  readonly state: 'pending' | 'revoked' | 'closed' | 'gone';
}

export interface OpenTask {
  readonly taskId: string;
  readonly callbacks: Callbacks;
  /** Texts that let their bearer deliver. They must not be in any output. */
  readonly secrets: readonly string[];
}

export interface OpenTaskOptions {
  readonly origin: string;
  readonly registry: Registry;
  readonly carrier: Carrier;
  readonly key: KitSigningKey;
  readonly store: MemoryStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Lifetime of the callbacks: the longest that a gateway allows, because an engineer may take long. */
const LIFETIME_SECONDS = EXPIRES_IN_SECONDS.max;

/** Opens a task of the kit, as `POST /v1/tasks` does. */
export const openTask = async (options: OpenTaskOptions, setUp: TaskSetUp): Promise<OpenTask> => {
  const { now, registry, store } = options;
  const processor = registry[KIT_PROCESSORS[setUp.processor]];
  if (processor === undefined) throw new TypeError(`The registry of the kit has no entry "${setUp.processor}".`);
  const taskId = randomBytes(ID_RANDOM_BYTES).toString('base64url');
  const iat = Math.floor(now() / 1_000);
  const issued = await Promise.all(
    setUp.capabilities.map((capability) => issueCallback(options, processor, { taskId, capability, iat })),
  );
  if (setUp.state !== 'gone') {
    const jtiOf = (jti: string): string => (setUp.state === 'revoked' ? `${jti}-newer` : jti);
    store.putTask(taskId, {
      status: setUp.state === 'closed' ? 'succeeded' : 'pending',
      processor: processor.id,
      deadline: iat + LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS,
      heartbeatDeadline: NEVER,
      callbacks: Object.fromEntries(
        issued.map(({ capability, claims }) => [capability, { jti: jtiOf(claims.jti), maxUses: claims.max_uses }]),
      ),
    });
  }
  return {
    taskId,
    callbacks: Object.fromEntries(issued.map(({ callback, capability }) => [capability, callback])),
    secrets: issued.map(({ secret }) => secret),
  };
};

interface IssuedCallback {
  readonly capability: Capability;
  readonly claims: CallbackTokenClaims;
  readonly callback: Callback;
  readonly secret: string;
}

const issueCallback = async (
  { carrier, key, origin, store }: OpenTaskOptions,
  processor: Processor,
  { capability, iat, taskId }: { readonly capability: Capability; readonly iat: number; readonly taskId: string },
): Promise<IssuedCallback> => {
  const cnf = confirmationOf(processor.proof);
  const path = callbackPath(capability, taskId);
  const claims: CallbackTokenClaims = {
    iss: origin,
    aud: callbackAudience(origin, capability),
    sub: processor.id,
    path,
    res_id: taskId,
    scope: CAPABILITIES[capability].scope,
    roles: [PROCESSOR_ROLE],
    jti: randomBytes(ID_RANDOM_BYTES).toString('base64url'),
    iat,
    nbf: iat,
    exp: iat + LIFETIME_SECONDS,
    max_uses: maxUsesOf(processor, capability),
    ...(cnf !== undefined && { cnf }),
  };
  const common = { method: 'POST', expiresAt: new Date(claims.exp * 1_000).toISOString() } as const;
  if (carrier === 'short') {
    const code = randomBytes(ID_RANDOM_BYTES).toString('base64url');
    store.putCode(shortCodeLookupKey(code), claims);
    return { capability, claims, secret: code, callback: { ...common, url: `${origin}/c/${code}` } };
  }
  const token = await mintCallbackToken(claims, key.signer);
  // Without the signature, the first two parts of a token are worth nothing.
  const secret = token.slice(token.lastIndexOf('.') + 1);
  return carrier === 'path'
    ? { capability, claims, secret, callback: { ...common, url: `${origin}${path}/${token}` } }
    : { capability, claims, secret, callback: { ...common, url: `${origin}${path}`, token } };
};
