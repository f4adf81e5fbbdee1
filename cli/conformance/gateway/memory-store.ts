import { AsyncLocalStorage } from 'node:async_hooks';
import type { Capability } from '../../../lambda/contract/capabilities.ts';
import { CAPABILITIES } from '../../../lambda/contract/capabilities.ts';
import type { CallbackTokenClaims } from '../../../lambda/contract/claims.ts';
import { isOverdue } from '../../../lambda/contract/task.ts';
import {
  type CallbackStore,
  isOfSameDelivery,
  type SignatureRecord,
  type UnchangedTask,
  type UseRecord,
} from '../../../lambda/functions/receive/store/callback-store.ts';
import type { TokenUse } from '../../../lambda/functions/receive/store/token-use.ts';

/** Tasks, uses and signatures of the receiver, in memory. The conditions are those of the tables. */
export interface MemoryStore extends CallbackStore {
  putTask(taskId: string, task: UnchangedTask): void;
  closeTask(taskId: string, status: 'succeeded' | 'failed'): void;
  putCode(lookupKey: string, claims: CallbackTokenClaims): void;
  /** Runs `work` with a store that records nothing: a delivery that passes every check before it gets 503. */
  whileUnavailable<T>(work: () => Promise<T>): Promise<T>;
}

export const createMemoryStore = (): MemoryStore => {
  const tasks = new Map<string, UnchangedTask>();
  const uses = new Map<string, UseRecord>();
  const codes = new Map<string, CallbackTokenClaims>();
  const signatures = new Map<string, SignatureRecord>();
  const unavailable = new AsyncLocalStorage<true>();

  const recordOf = (use: TokenUse, key: string): SignatureRecord => ({
    key,
    jtiKey: use.jtiKey,
    payloadSha256: use.digest,
    usedAt: use.receivedAt,
  });

  const mayUse = (use: TokenUse, record: UseRecord | undefined): boolean =>
    record === undefined || (record.uses < use.maxUses && record.payloadSha256 !== use.digest);

  const mayChange = (use: TokenUse, task: UnchangedTask | undefined): boolean =>
    task !== undefined &&
    task.status === 'pending' &&
    task.processor === use.processor &&
    task.callbacks[use.capability]?.jti === use.jti &&
    !isOverdue(task, use.now);

  const closeTask = (taskId: string, status: 'succeeded' | 'failed'): void => {
    const task = tasks.get(taskId);
    if (task?.status === 'pending') tasks.set(taskId, { ...task, status });
  };

  return {
    putTask: (taskId, task) => tasks.set(taskId, task),
    putCode: (lookupKey, claims) => codes.set(lookupKey, claims),
    closeTask,
    whileUnavailable: (work) => unavailable.run(true, work),

    consume: async (use) => {
      if (unavailable.getStore()) throw new Error('The kit plays a store that does not answer.');
      const record = uses.get(use.jtiKey);
      const task = tasks.get(use.taskId);
      const spent = use.signatures
        .flatMap(({ key }) => signatures.get(key) ?? [])
        .filter((signature) => !isOfSameDelivery(signature, use) || signature.usedAt !== undefined);
      const [hasUse, hasChange] = [mayUse(use, record), mayChange(use, task)];
      if (!hasUse || !hasChange || spent.length > 0) {
        // As a transaction of DynamoDB: only the items whose own condition failed.
        return {
          recorded: false,
          ...(!hasUse && record && { record }),
          ...(!hasChange && task && { task }),
          signatures: spent,
        };
      }
      uses.set(use.jtiKey, {
        payloadSha256: use.digest,
        uses: (record?.uses ?? 0) + 1,
        usedAt: use.receivedAt,
      });
      for (const { key } of use.signatures) signatures.set(key, recordOf(use, key));
      const { closesTaskAs } = CAPABILITIES[use.capability satisfies Capability];
      if (closesTaskAs !== null) closeTask(use.taskId, closesTaskAs);
      return { recorded: true };
    },

    bindSignatures: async (use, usedAt) => {
      const known = use.signatures.flatMap(({ key }) => signatures.get(key) ?? []);
      if (!known.every((signature) => isOfSameDelivery(signature, use))) return false;
      for (const { key } of use.signatures) {
        const at = signatures.get(key)?.usedAt ?? usedAt;
        const { usedAt: _, ...record } = recordOf(use, key);
        signatures.set(key, { ...record, ...(at !== undefined && { usedAt: at }) });
      }
      return true;
    },

    findUse: async (jtiKey) => uses.get(jtiKey),
    findCode: async (lookupKey) => codes.get(lookupKey),
    // The kit has no sender who could look at evidence or at late deliveries.
    recordReplay: async () => undefined,
    quarantine: async () => false,
  };
};
