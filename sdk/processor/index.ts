export {
  Callback,
  type CallbackOptions,
  type CallOptions,
  type DeliverOptions,
  type FailureReport,
  type ProgressReport,
} from './callback.ts';
export { CallbackError, type CallbackErrorCode } from './callback-error.ts';
export type { CallbackUrl, CallbackUrls } from './callback-urls.ts';
export type { Heartbeat, HeartbeatOptions } from './heartbeat.ts';
export type { CallbackPayload } from './payload.ts';
export { type DpopOptions, dpop } from './proofs/dpop.ts';
export type { Proof, ProofContext, ProofRequest, RefusedAttempt } from './proofs/proof.ts';
export type { Receipt } from './receipt.ts';
