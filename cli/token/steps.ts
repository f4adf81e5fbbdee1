import type { OutcomeCode } from '../../lambda/contract/outcomes.ts';

/** Names of the ten steps in which the gateway checks a callback, in their order. */
export const STEP_NAMES = [
  'request',
  'token, its form',
  'header and key',
  'signature',
  'claims',
  'times',
  'proof and source address',
  'policy',
  'payload',
  'use',
] as const;

/**
 * The step, from 1, that refuses with a code, for a token whose form (step 2) is right. `token_malformed` is then a claim of
 * the wrong type.
 */
export const STEP_OF_CODE: Readonly<Partial<Record<OutcomeCode, number>>> = {
  token_header_refused: 3,
  token_key_unknown: 3,
  token_signature_invalid: 4,
  token_malformed: 5,
  token_issuer_invalid: 5,
  token_audience_invalid: 5,
  token_subject_invalid: 5,
  token_role_missing: 5,
  token_scope_insufficient: 5,
  token_path_mismatch: 5,
  token_resource_mismatch: 5,
  token_not_yet_valid: 6,
  token_issued_in_future: 6,
  token_lifetime_exceeded: 6,
  token_expired: 6,
};
