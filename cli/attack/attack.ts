import type { JsonWebKey } from 'node:crypto';
import type { OutcomeCode } from '../../lambda/contract/outcomes.ts';
import type { RawRequest } from './exchange.ts';
import type { AttackerKey } from './forge.ts';

/**
 * A refusal by its code. `http_400` is an answer of this status without a code, from the load balancer or a firewall. The
 * last two have no answer at all: the connection was closed, or the time was up.
 */
export type AttackCode = OutcomeCode | `http_${number}` | 'connection_closed' | 'no_answer';

/** The kind of processor that an attack needs. `plain` takes the token in a header and needs no proof. */
export type TargetKind =
  | 'plain'
  /** Its carriers are `header` alone. */
  | 'header_only'
  /** Its replay mode is `reject`. */
  | 'strict'
  /** Its results have a JSON Schema that allows one member, `text`. */
  | 'schema'
  | 'dpop'
  | 'http-signature'
  | 'standard-webhooks'
  | 'private-key-jwt';

/** One callback of a task that the drill opened. */
export interface OpenCallback {
  readonly url: string;
  /** Path of the URL, without a token segment. */
  readonly path: string;
  readonly token: string;
}

/** The request that an honest processor would make, with the changes of an attack. */
export interface HonestOptions {
  /** @default the result */
  readonly callback?: OpenCallback;
  /** Replaces the token, also in what the proof signs. */
  readonly token?: string;
  /** Number of the payload. Payloads of different numbers have different bytes. @default 1 */
  readonly payload?: number;
  readonly body?: string | Uint8Array;
  readonly contentType?: string;
  /** Owner of the key of the proof. @default 'processor' */
  readonly prover?: 'processor' | 'attacker';
  /** Seconds by which the proof is older. @default 0 */
  readonly proofAge?: number;
  /** The URL that the proof is for. @default the URL of the callback */
  readonly provenUrl?: string;
}

/** Everything that an attack may use: a task that was opened for it, and things that any attacker can get or make. */
export interface Ground {
  readonly origin: string;
  readonly taskId: string;
  /** The second task. */
  readonly otherTaskId: string | undefined;
  readonly result: OpenCallback;
  readonly failure: OpenCallback;
  readonly progress: OpenCallback;
  /** The result of a second task, if the attack needs one. Otherwise that of the first. */
  readonly other: OpenCallback;
  readonly attackerKey: AttackerKey;
  /** The public key that belongs to the token. */
  readonly gatewayKey: JsonWebKey;
  /** The request of the honest processor, for an attack that was prepared by one: the very same request. */
  readonly first: RawRequest | undefined;
  /** Seconds since 1970. */
  readonly now: number;
  readonly honest: (options?: HonestOptions) => Promise<RawRequest>;
}

/** One attack of the catalogue. */
export interface Attack {
  /** The name in output, reports and tests. */
  readonly name: string;
  /** Its idea, in a few words. */
  readonly tries: string;
  /** Ids of the requirements that it tests. */
  readonly requirements: readonly string[];
  /** Each of them is a right refusal. */
  readonly expected: readonly AttackCode[];
  /** @default 'plain' */
  readonly target?: TargetKind;
  /** An event of the task before the attack. `delivered`: its processor has delivered payload 1. */
  readonly before?: 'delivered' | 'cancelled' | 'reissued';
  /** True if the gateway takes it for a replay, which raises the alarm ReplayDetected. */
  readonly isReplay?: true;
  /** Number of requests at the same time. Then exactly one of the requests may be accepted. @default once */
  readonly parallel?: number;
  /** True if the attack needs a second task. */
  readonly needsOther?: true;
  /** Makes the request. @param index from 0, for attacks in parallel */
  readonly request: (ground: Ground, index: number) => RawRequest | Promise<RawRequest>;
}

/** Attacks on one part of a callback. */
export interface AttackGroup {
  readonly title: string;
  readonly attacks: readonly Attack[];
}
