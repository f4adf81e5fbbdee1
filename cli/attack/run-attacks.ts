import type { JsonWebKey } from 'node:crypto';
import type { Postern, PosternError } from '@postern/client';
import type { Attack, Ground } from './attack.ts';
import { exchange, type RawAnswer, type RawRequest } from './exchange.ts';
import { type AttackerKey, createAttackerKey, takeApart } from './forge.ts';
import { digestOf, openGround } from './ground.ts';
import { type Judgement, judge, type TaskState } from './judge.ts';
import type { Target, Targets } from './targets.ts';

/** The outcome of one attack. */
export interface AttackResult extends Judgement {
  readonly attack: Attack;
  readonly processor: string;
}

/** The outcome of all attacks. */
export interface Drill {
  /** Origin of the callbacks. */
  readonly origin: string;
  readonly results: readonly AttackResult[];
  /** Attacks that no processor of the drill fits. */
  readonly notRun: readonly Attack[];
  /** Ids of tasks that could not be cancelled. */
  readonly leftOver: readonly string[];
}

export interface DrillOptions {
  readonly postern: Postern;
  readonly targets: Targets;
  readonly attacks: readonly Attack[];
  readonly readKeys: (origin: string) => Promise<readonly JsonWebKey[]>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Ends the drill after the tasks were cancelled. */
  readonly signal: AbortSignal;
  /** Receives the name of each attack before it begins. */
  readonly begins: (name: string, index: number) => void;
}

/**
 * Runs attacks one after the other, each on a new task, and cancels every task that it opened, also after an error.
 * The signal does not interrupt a request that opens a task: its answer has the id that is needed to cancel it.
 * @throws the error of the sender API, and the reason of the signal
 */
export const runAttacks = async (options: DrillOptions): Promise<Drill> => {
  const { attacks, begins, postern, signal, targets } = options;
  const runnable = attacks.flatMap((attack) => {
    const target = targets.get(attack.target ?? 'plain');
    return target === undefined ? [] : [{ attack, target }];
  });
  const open = new Set<string>();
  const results: AttackResult[] = [];
  const memory = createMemory(options);
  let origin = '';
  const cancelAll = async (): Promise<void> => {
    for (const taskId of open) if (await closeTask(postern, taskId)) open.delete(taskId);
  };
  try {
    for (const [index, { attack, target }] of runnable.entries()) {
      signal.throwIfAborted();
      begins(attack.name, index);
      const ground = await openGround({ ...options, ...memory, attack, target, opened: (id) => void open.add(id) });
      origin = ground.origin;
      results.push({ ...(await runAttack(attack, target, ground, options)), attack, processor: target.processor });
      await cancelAll();
    }
  } finally {
    await cancelAll();
  }
  const notRun = attacks.filter((attack) => !runnable.some((one) => one.attack === attack));
  return { origin, results, notRun, leftOver: [...open] };
};

/** Keys that are made or read once for all attacks. */
const createMemory = ({ readKeys }: DrillOptions) => {
  const keys = new Map<unknown, AttackerKey>();
  let gatewayKeys: Promise<readonly JsonWebKey[]> | undefined;
  return {
    attackerKey: (alg: unknown): AttackerKey => {
      const key = keys.get(alg) ?? createAttackerKey(alg);
      keys.set(alg, key);
      return key;
    },
    gatewayKeys: (origin: string): Promise<readonly JsonWebKey[]> => {
      gatewayKeys ??= readKeys(origin);
      return gatewayKeys;
    },
  };
};

type OpenGround = Omit<Ground, 'first'>;

const runAttack = async (
  attack: Attack,
  target: Target,
  ground: OpenGround,
  { postern, signal }: DrillOptions,
): Promise<Judgement> => {
  const { origin, otherTaskId, result, taskId } = ground;
  const send = (request: RawRequest): Promise<RawAnswer> => sendOrFail(origin, request, signal);
  const prepared = await prepare(attack, target, ground, postern, send);
  if ('verdict' in prepared) return prepared;
  const indexes = [...Array(attack.parallel ?? 1).keys()];
  const requests = await Promise.all(
    indexes.map((index) => attack.request({ ...ground, first: prepared.first }, index)),
  );
  const answers = await Promise.all(requests.map(send));
  const other = otherTaskId === undefined ? undefined : await stateOf(postern, otherTaskId);
  // No attack may change the second task.
  const states =
    other !== undefined && other.status !== UNTOUCHED.status
      ? { after: other, wanted: UNTOUCHED }
      : { after: await stateOf(postern, taskId), wanted: prepared.wanted };
  return judge(attack, {
    answers,
    ...states,
    token: result.token,
    isCheckedInFront: takeApart(result.token).header.alg === 'RS256',
  });
};

const UNTOUCHED: TaskState = { status: 'pending' };

const stateOf = async ({ tasks }: Postern, taskId: string): Promise<TaskState> => {
  const { result, status } = await tasks.get(taskId);
  return { status, sha256: result?.sha256 };
};

interface Prepared {
  readonly wanted: TaskState;
  readonly first: RawRequest | undefined;
}

/** Brings the task into the state that the attack needs. */
const prepare = async (
  { before, parallel = 0 }: Attack,
  { proofs }: Target,
  { honest, result, taskId }: OpenGround,
  { tasks }: Postern,
  send: (request: RawRequest) => Promise<RawAnswer>,
): Promise<Prepared | Judgement> => {
  switch (before) {
    case 'cancelled':
      await tasks.cancel(taskId);
      return { wanted: { status: 'cancelled' }, first: undefined };
    case 'reissued':
      await tasks.reissue(taskId);
      return { wanted: { status: 'pending' }, first: undefined };
    case 'delivered': {
      const deliver = async () => {
        const first = await honest();
        const answer = await send(first);
        proofs?.processor.observe?.(result.url, new Headers([...answer.headers]));
        return { first, answer };
      };
      let { answer, first } = await deliver();
      // A proof may need a nonce, which the first answer brings.
      if (answer.status === 401 && answer.headers.has('dpop-nonce')) ({ answer, first } = await deliver());
      if (answer.status === 200) return { first, wanted: { status: 'succeeded', sha256: digestOf(first.body) } };
      const { code, status } = judge({ expected: [] }, { ...NOTHING_WANTED, answers: [answer], token: result.token });
      return { status, code, verdict: 'unexpected', remark: 'the honest delivery before the attack was refused' };
    }
    default:
      return { wanted: { status: parallel > 0 ? 'succeeded' : 'pending' }, first: undefined };
  }
};

const NOTHING_WANTED = { after: { status: '' }, wanted: { status: '' }, isCheckedInFront: false } as const;

/** A connection that fails is an outcome of the attack. */
const sendOrFail = async (origin: string, request: RawRequest, signal: AbortSignal): Promise<RawAnswer> => {
  try {
    return await exchange(origin, request, { signal });
  } catch (error) {
    signal.throwIfAborted();
    return { status: 0, headers: new Map(), text: error instanceof Error ? error.name : 'Error' };
  }
};

/**
 * Cancels a task, and discards what came too late for it.
 * @returns false if it may still be open
 */
const closeTask = async ({ tasks }: Postern, taskId: string): Promise<boolean> => {
  try {
    await tasks.cancel(taskId);
  } catch (error) {
    if ((error as Partial<PosternError>).code !== 'task_closed') return false;
  }
  try {
    for (const { id } of await tasks.quarantine.list(taskId)) await tasks.quarantine.discard(taskId, id);
  } catch {
    // The rest is deleted with its task.
  }
  return true;
};
