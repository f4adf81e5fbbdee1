import type { JsonWebKey } from 'node:crypto';
import { createHash, randomUUID } from 'node:crypto';
import type { Callbacks, Postern } from '@postern/client';
import type { CAPABILITIES } from '../../lambda/contract/capabilities.ts';
import { isEncrypted } from '../../lambda/shared/callback-token/token-decrypter.ts';
import { PROCESSOR_PLATFORM } from '../../sdk/processor/platform.ts';
import { NO_PROOF } from '../../sdk/processor/proofs/proof.ts';
import { CommandError } from '../command-error.ts';
import type { Attack, Ground, HonestOptions, OpenCallback } from './attack.ts';
import type { RawRequest } from './exchange.ts';
import type { AttackerKey } from './forge.ts';
import { takeApart } from './forge.ts';
import type { Target } from './targets.ts';

/** Seconds for which the task of one attack lives. It is cancelled long before. */
const EXPIRES_IN_SECONDS = 600;

/** The callbacks of each task of the drill. */
const CALLBACKS = ['result', 'failure', 'progress'] as const satisfies readonly (keyof typeof CAPABILITIES)[];

export interface GroundOptions {
  readonly postern: Postern;
  readonly target: Target;
  readonly attack: Attack;
  readonly attackerKey: (alg: unknown) => AttackerKey;
  /** Public keys of the gateway. */
  readonly gatewayKeys: (origin: string) => Promise<readonly JsonWebKey[]>;
  /** Receives the id of each task as soon as it is open. */
  readonly opened: (taskId: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Opens the tasks of one attack. */
export const openGround = async (options: GroundOptions): Promise<Omit<Ground, 'first'>> => {
  const { attack, attackerKey, gatewayKeys, now, signal, target } = options;
  const task = await openTask(options);
  const { header } = takeApart(task.result.token);
  const { origin } = new URL(task.result.url);
  const keys = await gatewayKeys(origin);
  const gatewayKey = keys.find(({ kid }) => kid === header.kid);
  if (gatewayKey === undefined) throw new CommandError('failed', 'The key of the token is not in the public key set.');
  const seconds = (): number => Math.floor(now() / 1_000);
  const other = attack.needsOther ? await openTask(options) : undefined;
  return {
    ...task,
    origin,
    otherTaskId: other?.taskId,
    other: (other ?? task).result,
    attackerKey: attackerKey(header.alg),
    gatewayKey,
    now: seconds(),
    honest: (honest) => honestRequest(target, task.result, seconds(), signal, honest),
  };
};

const openTask = async ({ attack, opened, postern, target }: GroundOptions) => {
  const { callbacks, taskId } = await postern.tasks.open({
    processor: target.processor,
    resource: `drill-${attack.name}`,
    expiresIn: EXPIRES_IN_SECONDS,
    callbacks: [...CALLBACKS],
    carrier: 'header',
    // The drill needs the URLs, also of a processor that gets its work from Postern.
    dispatch: false,
    // Consumers of the events can ignore such a task.
    metadata: { drill: true, attack: attack.name },
  });
  opened(taskId);
  const [result, failure, progress] = CALLBACKS.map((name) => callbackOf(callbacks, name, target)) as [
    OpenCallback,
    OpenCallback,
    OpenCallback,
  ];
  return { taskId, result, failure, progress };
};

const callbackOf = (callbacks: Callbacks, name: (typeof CALLBACKS)[number], { processor }: Target): OpenCallback => {
  const { token = '', url = '' } = callbacks[name] ?? {};
  if (isEncrypted(token)) {
    throw new CommandError(
      'usage',
      `The tokens of ${processor} are encrypted, so the drill cannot tamper with them.`,
      'Name a processor without encrypted tokens.',
    );
  }
  return { url, token, path: new URL(url).pathname };
};

const honestRequest = async (
  { contentType: agreedType, proofs }: Target,
  result: OpenCallback,
  now: number,
  signal: AbortSignal,
  options: HonestOptions = {},
): Promise<RawRequest> => {
  const { callback = result, contentType = agreedType, payload = 1, proofAge = 0, prover = 'processor' } = options;
  const { body = payloadOf(payload), provenUrl = callback.url, token = callback.token } = options;
  const bytes = Uint8Array.from(typeof body === 'string' ? Buffer.from(body) : body);
  const proof = proofs?.[prover] ?? NO_PROOF;
  const headers = await proof.headers(
    {
      method: 'POST',
      url: provenUrl,
      token,
      contentType,
      body: bytes,
      messageId: `msg_${randomUUID()}`,
      now: now - proofAge,
      unique: randomUUID(),
    },
    { platform: PROCESSOR_PLATFORM, signal },
  );
  return {
    method: 'POST',
    target: callback.path,
    headers: [['Content-Type', contentType], ...Object.entries(headers)],
    body: bytes,
  };
};

const payloadOf = (payload: number): string => JSON.stringify({ text: `drill ${payload}` });

/** SHA-256 of a body, 64 lower-case hex digits. */
export const digestOf = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');
