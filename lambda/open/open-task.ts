import type { Capability } from '../contract/capabilities.ts';
import { CAPABILITIES, callbackAudience, callbackPath } from '../contract/capabilities.ts';
import type { CallbackTokenClaims } from '../contract/claims.ts';
import { PROCESSOR_ROLE } from '../contract/claims.ts';
import { CLOCK_TOLERANCE_SECONDS, NEVER } from '../contract/limits.ts';
import type { Carrier, Grade, Processor, Registry } from '../contract/registry.ts';
import { gradeOf, maxUsesOf } from '../contract/registry.ts';
import { createdKey } from '../contract/tables.ts';
import type { TaskItem, TaskStatus } from '../contract/task.ts';
import { whenAvailable } from '../dependency/available.ts';
import type { Refusal } from '../http/problem.ts';
import { isRefusal, refuse } from '../http/problem.ts';
import { shardOf } from '../storage/hashed-keys.ts';
import { mintCallbackToken } from '../token/mint.ts';
import type { TokenSigner } from '../token/signer.ts';
import { invalid, type OpenRequest } from './open-request.ts';
import type { NewTaskStore } from './task-store.ts';

/** One way to call back, as the sender hands it on. */
export interface Callback {
  readonly method: 'POST';
  readonly url: string;
  /** Only where the URL does not carry it. */
  readonly token?: string;
  readonly expiresAt: string;
  readonly maxUses: number;
  readonly grade: Grade;
}

/** A task as the answer to its opening shows it. */
export interface OpenedTask {
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly callbacks: Readonly<Partial<Record<Capability, Callback>>>;
}

export interface TaskOpenerOptions {
  readonly origin: string;
  readonly registry: Registry;
  /** Whether callback tokens name the owner. */
  readonly ownerClaim: boolean;
  readonly retentionSeconds: number;
  /** Rejects when the key service does not answer. */
  readonly signer: () => Promise<TokenSigner>;
  readonly store: NewTaskStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
}

export type TaskOpener = (request: OpenRequest, clientId: string) => Promise<OpenedTask | Refusal>;

/**
 * Opens tasks: one callback token for each capability is minted, then the task is stored, then both are answered. A
 * failure on the way leaves at most a task whose tokens nobody has seen.
 */
export const createTaskOpener =
  (options: TaskOpenerOptions): TaskOpener =>
  async (request, clientId) => {
    const terms = findTerms(request, options.registry);
    if (isRefusal(terms)) return terms;

    const created = options.now();
    const issuedAt = Math.floor(created / 1000);
    const expiry = issuedAt + request.expiresIn;
    const taskId = options.randomId();
    const createdAt = new Date(created).toISOString();
    const expiresAt = new Date(expiry * 1000).toISOString();
    const jtis = request.callbacks.map((capability) => [capability, options.randomId()] as const);

    const signer = await whenAvailable('key service', options.signer());
    const callbacks = await Promise.all(
      jtis.map(async ([capability, jti]) => {
        const path = callbackPath(capability, taskId);
        const claims: CallbackTokenClaims = {
          iss: options.origin,
          aud: callbackAudience(options.origin, capability),
          sub: terms.processor.id,
          path,
          res_id: taskId,
          scope: CAPABILITIES[capability].scope,
          roles: [PROCESSOR_ROLE],
          jti,
          iat: issuedAt,
          nbf: issuedAt,
          exp: expiry,
          max_uses: maxUsesOf(terms.processor, capability),
          ...(options.ownerClaim && request.owner !== undefined && { owner: request.owner }),
        };
        const token = await whenAvailable('key service', mintCallbackToken(claims, signer));
        const callback: Callback = {
          method: 'POST',
          ...carry(token, `${options.origin}${path}`, terms.carrier),
          expiresAt,
          maxUses: claims.max_uses,
          grade: gradeOf(terms.carrier, terms.processor.proof),
        };
        return [capability, callback] as const;
      }),
    );

    const deadline = expiry + CLOCK_TOLERANCE_SECONDS;
    const heartbeatDeadline = request.heartbeat === undefined ? NEVER : issuedAt + request.heartbeat;
    const shard = shardOf(taskId);
    const task: TaskItem = {
      taskId,
      status: 'pending',
      processor: terms.processor.id,
      resource: request.resource,
      ...(request.owner !== undefined && { owner: request.owner }),
      ...(request.metadata !== undefined && { metadata: JSON.stringify(request.metadata) }),
      openedBy: clientId,
      carrier: terms.carrier,
      createdAt,
      expiresAt,
      deadline,
      heartbeatDeadline,
      shard,
      createdKey: createdKey(createdAt, taskId),
      dueShard: shard,
      due: Math.min(deadline, heartbeatDeadline),
      uploads: {},
      quarantine: {},
      ...(request.heartbeat !== undefined && { heartbeat: request.heartbeat }),
      callbacks: Object.fromEntries(
        jtis.map(([capability, jti]) => [capability, { jti, maxUses: maxUsesOf(terms.processor, capability) }]),
      ),
      history: [{ at: createdAt, status: 'pending' }],
      sequence: 1,
      change: 'opened',
      changedAt: createdAt,
      purgeAt: expiry + options.retentionSeconds,
    };
    await whenAvailable('tasks table', options.store.put(task));
    return { taskId, status: task.status, createdAt, expiresAt, callbacks: Object.fromEntries(callbacks) };
  };

interface Terms {
  readonly processor: Processor;
  readonly carrier: Carrier;
}

/** What the registry has to say about a request. */
const findTerms = (request: OpenRequest, registry: Registry): Terms | Refusal => {
  // hasOwn: a processor named like a member of Object.prototype is not in the registry.
  const processor = Object.hasOwn(registry, request.processor) ? registry[request.processor] : undefined;
  if (processor === undefined) {
    const errors = [{ pointer: '/processor', detail: 'is not a processor of this environment' }];
    return refuse('processor_unknown', 'processor is not in the registry', { errors });
  }
  const carrier = request.carrier ?? processor.carriers[0];
  const allowed: readonly Carrier[] = [...new Set<Carrier>([...processor.carriers, 'header'])];
  if (!allowed.includes(carrier)) {
    return invalid([
      { pointer: '/carrier', detail: `"${carrier}" is not one of this processor's: ${allowed.join(', ')}` },
    ]);
  }
  if (request.expiresIn > processor.maxExpiresIn) {
    return invalid([{ pointer: '/expiresIn', detail: `must be at most ${processor.maxExpiresIn} for this processor` }]);
  }
  return { processor, carrier };
};

const carry = (token: string, url: string, carrier: Carrier): Pick<Callback, 'url' | 'token'> =>
  carrier === 'header' ? { url, token } : { url: `${url}/${token}` };
