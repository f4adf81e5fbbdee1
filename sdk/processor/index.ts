export {
  Callback,
  type CallbackOptions,
  type CallOptions,
  type DeliverOptions,
  type FailureReport,
  type ProgressReport,
  type StreamUploadOptions,
  type UploadOptions,
} from './callback.ts';
export { CallbackError, type CallbackErrorCode } from './callback-error.ts';
export type { CallbackUrl, CallbackUrls } from './callback-urls.ts';
export type { Heartbeat, HeartbeatOptions } from './heartbeat.ts';
export type { CallbackPayload } from './payload.ts';
export { type DpopOptions, dpop } from './proofs/dpop.ts';
export { type HttpSignatureOptions, httpSignature } from './proofs/http-signature.ts';
export { type MtlsOptions, mtls } from './proofs/mtls.ts';
export { type PrivateKeyJwtOptions, privateKeyJwt } from './proofs/private-key-jwt.ts';
export type { Proof, ProofContext, ProofRequest, RefusedAttempt } from './proofs/proof.ts';
export { type StandardWebhooksOptions, standardWebhooks } from './proofs/standard-webhooks.ts';
export type { Receipt } from './receipt.ts';
export type { UploadContent, UploadDescription } from './upload-content.ts';
